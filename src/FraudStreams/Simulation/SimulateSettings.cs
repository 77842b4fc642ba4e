using FraudStreams.Configuration;
using FraudStreams.Simulation.Generation;

namespace FraudStreams.Simulation;

/// <param name="Input">The CSV to replay; null generates payments.</param>
/// <param name="EventTimeFactor">Simulated seconds per second in event-time pace; null if speed_1 alone sets the pace.</param>
public sealed record SimulateSettings(string? Input, double? EventTimeFactor, int Seed, double FraudShare)
{
    public GeneratorSettings Generator => new() { Seed = Seed, FraudShare = FraudShare };

    public static SimulateSettings From(SettingsSection section) => new(
        section.Text("input") is { Length: > 0 } input ? input : null,
        section.Number("event-time-factor", 0, 1e9) is var factor && section.OneOf("pace", "speed_1", "event-time") == "event-time" ? factor : null,
        section.Int("seed", 0, int.MaxValue),
        FraudShareFrom(section));

    static double FraudShareFrom(SettingsSection section) =>
        section.Share("fraud-share") is < 0.5 and var share ? share : throw section.Senseless("fraud-share", "a share above 0 and below 0.5");
}
