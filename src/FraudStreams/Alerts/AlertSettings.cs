using FraudStreams.Settings;

namespace FraudStreams.Alerts;

/// <param name="Parallel">Messages under way at once, of each partition.</param>
/// <param name="Template">A file with the text (<see cref="AlertTemplate"/>), or null for the default.</param>
/// <param name="Folder">Where .eml files go when no mail server is named; relative to the data folder.</param>
/// <param name="Mail">The mail server; no host means that there is none.</param>
public sealed record AlertSettings(int Parallel, string? Template, string Folder, MailSettings Mail)
{
    public static AlertSettings From(SettingsSection section) => new(
        section.Int("parallel", 1, 256),
        section.Text("template") is { Length: > 0 } file ? file : null,
        section.Text("folder") is { Length: > 0 } folder ? folder : throw section.Senseless("folder", "a folder"),
        MailSettings.Read(section.Section("mail"), Environment.GetEnvironmentVariable));
}
