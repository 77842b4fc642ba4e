using FraudStreams.Configuration;
using FraudStreams.Simulation.Generation;
using FraudStreams.Simulation.Http;

namespace FraudStreams.Simulation;

/// <param name="Input">The CSV to replay; null generates payments.</param>
/// <param name="Http">The payments API to poll; null for another source.</param>
/// <param name="EventTimeFactor">Simulated seconds per second in event-time pace; null if speed_1 alone sets the pace.</param>
public sealed record SimulateSettings(string? Input, HttpFeedSettings? Http, double? EventTimeFactor, int Seed, double FraudShare)
{
    /// <summary>Whether the source gives the same payments again from a position on; an API answers with its latest.</summary>
    public bool IsReplayed => Http is null;

    public GeneratorSettings Generator => new() { Seed = Seed, FraudShare = FraudShare };

    public static SimulateSettings From(SettingsSection section) => new(
        section.Text("input") is { Length: > 0 } input ? input : null,
        HttpFrom(section),
        section.Number("event-time-factor", 0, 1e9) is var factor && section.OneOf("pace", "speed_1", "event-time") == "event-time" ? factor : null,
        section.Int("seed", 0, int.MaxValue),
        FraudShareFrom(section));

    static HttpFeedSettings? HttpFrom(SettingsSection section)
    {
        var isSet = section.OneOf("kind", "auto", "http") == "http";
        if (isSet && section.Text("input").Length > 0)
            throw new SettingsException($"{section.PathOf("kind")} is http and {section.PathOf("input")} names a file: payments come from one of the two");
        return HttpFeedSettings.Read(section.Section("http"), isSet, Environment.GetEnvironmentVariable);
    }

    static double FraudShareFrom(SettingsSection section) =>
        section.Share("fraud-share") is < 0.5 and var share ? share : throw section.Senseless("fraud-share", "a share above 0 and below 0.5");
}
