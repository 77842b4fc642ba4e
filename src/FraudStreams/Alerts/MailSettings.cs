using System.Collections.Immutable;
using System.Net.Mail;
using FraudStreams.Settings;

namespace FraudStreams.Alerts;

/// <summary>The SMTP server that alerts go to.</summary>
public sealed record MailSettings(
    string Host, int Port, bool StartTls, string User, MailPassword Password, string From, ImmutableArray<string> To, TimeSpan Timeout)
{
    const string PasswordVariable = "FRAUDSTREAMS_MAIL_PASSWORD";

    /// <summary>Reads `alerts.mail`; the host may be empty, which means that no mail is sent.</summary>
    public static MailSettings Read(SettingsSection section, Func<string, string?> environment)
    {
        var settings = new MailSettings(
            section.Text("host").Trim(),
            section.Int("port", 1, 65535),
            section.OneOf("tls", "none", "starttls") == "starttls",
            section.Text("user"),
            PasswordFrom(section, environment),
            Address(section, "from", section.Text("from")),
            [.. section.Texts("to").Select(to => Address(section, "to", to))],
            section.Duration("timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10)));
        if (settings.To.IsEmpty)
            throw section.Senseless("to", "a list of at least one mail address");
        if (settings.User.Length > 0 && !settings.StartTls)
            throw section.Senseless("tls", "starttls where there is a user: a password is not sent on an open line");
        if (settings.User.Length > 0 && settings.Password.IsEmpty)
            throw new SettingsException($"{section.PathOf("user")} is set and there is no password: give it in {PasswordVariable} or {section.PathOf("password-file")}");
        return settings;
    }

    static string Address(SettingsSection section, string key, string text) =>
        MailAddress.TryCreate(text, out var address) && address.Address == text ? text : throw section.Senseless(key, "a mail address such as team@example.org");

    static MailPassword PasswordFrom(SettingsSection section, Func<string, string?> environment)
    {
        if (environment(PasswordVariable) is { Length: > 0 } password)
            return new MailPassword(password);
        if (section.Text("password-file") is not { Length: > 0 } file)
            return new MailPassword("");
        try
        {
            return new MailPassword(File.ReadAllText(file).TrimEnd('\r', '\n'));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"{section.PathOf("password-file")} = {file} cannot be read: {e.Message}", e);
        }
    }
}

/// <summary>A password that prints as stars, so that no log of settings shows it.</summary>
public sealed class MailPassword(string value)
{
    public bool IsEmpty => value.Length == 0;

    public string Reveal() => value;

    public override string ToString() => IsEmpty ? "" : "****";
}
