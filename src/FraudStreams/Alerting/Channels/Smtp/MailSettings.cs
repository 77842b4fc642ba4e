using System.Collections.Immutable;
using FraudStreams.Configuration;
using MimeKit;

namespace FraudStreams.Alerting.Channels.Smtp;

/// <summary>The SMTP server that alerts go to.</summary>
public sealed record MailSettings(
    string Host, int Port, bool StartTls, string User, SecretValue Password, string From, ImmutableArray<string> To, TimeSpan Timeout)
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
            SecretValue.Read(PasswordVariable, section, "password-file", environment),
            Address(section, "from", section.Text("from")),
            [.. section.Texts("to").Select(to => Address(section, "to", to))],
            section.Duration("timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10)));
        if (settings.To.IsEmpty)
            throw section.Senseless("to", "a list of at least one mail address");
        if (settings.User.Length > 0 && !settings.StartTls)
            throw section.Senseless("tls", "starttls where there is a user: a password is not sent without TLS");
        if (settings.User.Length > 0 && settings.Password.IsEmpty)
            throw new SettingsException($"{section.PathOf("user")} is set and there is no password: give it in {PasswordVariable} or {section.PathOf("password-file")}");
        return settings;
    }

    /// <summary>A bare address as MailKit parses it; a domain beyond ASCII may be given in either form.</summary>
    static string Address(SettingsSection section, string key, string text) =>
        IsPlain(text) || IsMailbox(text) ? text : throw section.Senseless(key, "a mail address such as team@example.org");

    /// <summary>The most usual form, which needs no library to be loaded: letters, digits, dots and hyphens on both sides.</summary>
    static bool IsPlain(string text) => text.Split('@') is [{ Length: > 0 } user, { Length: > 0 } domain]
        && user.Concat(domain).All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-')
        && !$".{text}.".Contains("..", StringComparison.Ordinal) && !text.Contains(".@", StringComparison.Ordinal) && !text.Contains("@.", StringComparison.Ordinal);

    static bool IsMailbox(string text) =>
        MailboxAddress.TryParse(text, out var mailbox) && mailbox.Domain.Length > 0 && (mailbox.Address == text || mailbox.GetAddress(idnEncode: true) == text);
}
