using FraudStreams.Configuration;

namespace FraudStreams.Diagnostics;

/// <param name="Live">Whether the live table is shown; null leaves it to whether a terminal is there.</param>
public sealed record ConsoleSettings(bool? Live, TimeSpan LogEvery)
{
    public static ConsoleSettings From(SettingsSection section) => new(
        section.OneOf("live", "auto", "on", "off") switch { "on" => true, "off" => false, _ => null },
        section.Duration("log-every", TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)));
}
