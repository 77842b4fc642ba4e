using FraudStreams.Configuration;

namespace FraudStreams.Topics;

public enum RekeyMode
{
    /// <summary>Decided at the first start from what is there, for all hosts and later starts.</summary>
    Auto,

    On,

    Off,
}

/// <summary>Whether `transactions` is a topic of ours that is filled from a topic of others, as its key or its form needs it.</summary>
/// <param name="Topic">What the topic of ours is called; empty: as the other one, and "-by-card".</param>
/// <param name="Wait">So long a payment waits for a partition that seems to have nothing more, in case an earlier one is on its way there.</param>
public sealed record RekeySettings(RekeyMode Mode, string Topic, TimeSpan Wait)
{
    /// <param name="section">Section topics.</param>
    public static RekeySettings From(SettingsSection section) => new(
        section.Choice("rekey", ("auto", RekeyMode.Auto), ("on", RekeyMode.On), ("off", RekeyMode.Off), ("true", RekeyMode.On), ("false", RekeyMode.Off)),
        section.Text("rekey-topic"),
        section.Duration("rekey-wait", TimeSpan.Zero, TimeSpan.FromMinutes(1)));
}
