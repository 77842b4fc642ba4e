using System.Collections.Immutable;
using System.Net;
using System.Text;
using MimeKit;

namespace FraudStreams.Alerting.Channels.Smtp;

/// <summary>Renders an alert message as MIME, the same for a server and for a file.</summary>
static class MailMime
{
    /// <summary>Bytes of text per encoded word: in Base64 with its delimiters it stays below the 75 characters of RFC 2047.</summary>
    const int WordBytes = 42;

    /// <summary>A subject whose words are no longer than this folds between words into lines that every server accepts.</summary>
    const int LongestPlainWord = 60;

    public static MimeMessage Of(AlertMessage alert, AlertTemplate template, MailboxAddress from, IEnumerable<MailboxAddress> to, DateTimeOffset date)
    {
        var (subject, text) = (template.Subject(alert), template.Text(alert));
        var message = new MimeMessage { MessageId = alert.MessageId.Trim('<', '>'), Date = date };
        message.From.Add(from);
        message.To.AddRange(to);
        message.Headers.Replace(Subject(subject));
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        message.Body = new BodyBuilder { TextBody = text, HtmlBody = Html(subject, text) }.ToMessageBody();
        return message;
    }

    /// <summary>The text as HTML, for programs that prefer it; every value is escaped.</summary>
    public static string Html(string subject, string text) =>
        $"""
        <!DOCTYPE html>
        <html><head><meta charset="utf-8"><title>{WebUtility.HtmlEncode(subject)}</title></head>
        <body><h3>{WebUtility.HtmlEncode(subject)}</h3><pre style="font-size:14px">{WebUtility.HtmlEncode(text)}</pre></body></html>

        """;

    /// <summary>Each address once, as MailKit asks for it.</summary>
    public static ImmutableArray<MailboxAddress> Recipients(IEnumerable<string> to) =>
        [.. to.Select(MailboxAddress.Parse).DistinctBy(mailbox => mailbox.Address, StringComparer.OrdinalIgnoreCase)];

    /// <summary>Whether a local part is beyond ASCII, for which there is no other form; a domain has one (IDNA).</summary>
    public static bool NeedUtf8(IEnumerable<MailboxAddress> mailboxes) => mailboxes.Any(mailbox => !Ascii.IsValid(mailbox.LocalPart));

    /// <summary>CRLF line ends, as SMTP has them, on every system.</summary>
    /// <param name="utf8">Headers in UTF-8 (RFC 6532), for addresses that have no other form.</param>
    public static FormatOptions Format(bool utf8)
    {
        var options = FormatOptions.Default.Clone();
        options.NewLineFormat = NewLineFormat.Dos;
        options.International = utf8;
        return options;
    }

    /// <summary>
    /// MimeKit passes on text that looks like an encoded word, and the mail program would decode it although it comes from the payment; and it breaks
    /// long words in UTF-8 headers, which are then joined with a blank. Such subjects are encoded here, so that the reader sees the original characters.
    /// </summary>
    static Header Subject(string subject)
    {
        var header = new Header(Encoding.UTF8, HeaderId.Subject, subject);
        if (!IsPlain(subject))
            header.SetRawValue(Encoding.ASCII.GetBytes($" {EncodedWords(subject)}\r\n"));
        return header;
    }

    static bool IsPlain(string subject) =>
        subject.Length == 0 || (subject.All(c => c is >= ' ' and <= '~') && !subject.Contains("=?", StringComparison.Ordinal)
            && subject.Split(' ').All(word => word.Length is > 0 and <= LongestPlainWord));

    static string EncodedWords(string text)
    {
        var words = new List<string>();
        var word = new List<byte>(WordBytes);
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            var bytes = utf8[..rune.EncodeToUtf8(utf8)];
            if (word.Count + bytes.Length > WordBytes)
                Close();
            word.AddRange(bytes);
        }

        Close();
        return string.Join("\r\n ", words);

        void Close()
        {
            words.Add($"=?utf-8?B?{Convert.ToBase64String([.. word])}?=");
            word.Clear();
        }
    }
}
