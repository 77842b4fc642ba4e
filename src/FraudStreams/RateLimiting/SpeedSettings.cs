using FraudStreams.Configuration;

namespace FraudStreams.RateLimiting;

public sealed record SpeedSettings(Rate Speed1, Rate Speed2, Rate Speed3)
{
    public static SpeedSettings From(SettingsSection section) =>
        new(Read(section, "speed_1"), Read(section, "speed_2"), Read(section, "speed_3"));

    static Rate Read(SettingsSection section, string key) => section.Parsed(key, Rate.Parse, Rate.Forms);
}
