using System.Collections.Immutable;
using System.Text;
using MimeKit;

namespace FraudStreams.Alerting.Channels.Smtp;

/// <summary>An alert's message as a mail, the same for a server and for a file.</summary>
static class MailMime
{
    /// <summary>Bytes of text in one encoded word: in Base64 and with its frame it stays below the 75 characters that RFC 2047 allows.</summary>
    const int WordBytes = 42;

    /// <summary>A subject of words up to this can be folded between them into lines that every server takes.</summary>
    const int LongestPlainWord = 60;

    public static MimeMessage Of(AlertMessage alert, MailboxAddress from, IEnumerable<MailboxAddress> to, DateTimeOffset date)
    {
        var message = new MimeMessage { MessageId = alert.MessageId.Trim('<', '>'), Date = date };
        message.From.Add(from);
        message.To.AddRange(to);
        message.Headers.Replace(Subject(alert.Subject));
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        message.Body = new BodyBuilder { TextBody = alert.Text, HtmlBody = alert.Html }.ToMessageBody();
        return message;
    }

    /// <summary>Each once, as MailKit asks for them.</summary>
    public static ImmutableArray<MailboxAddress> Recipients(IEnumerable<string> to) =>
        [.. to.Select(MailboxAddress.Parse).DistinctBy(mailbox => mailbox.Address, StringComparer.OrdinalIgnoreCase)];

    /// <summary>One of them has a local part beyond ASCII, for which there is no other form; a domain has one (IDNA).</summary>
    public static bool NeedUtf8(IEnumerable<MailboxAddress> mailboxes) => mailboxes.Any(mailbox => !Ascii.IsValid(mailbox.LocalPart));

    /// <summary>Lines end as in a mail on its way, on every system.</summary>
    /// <param name="utf8">Headers in UTF-8 (RFC 6532), for addresses that have no other form.</param>
    public static FormatOptions Format(bool utf8)
    {
        var options = FormatOptions.Default.Clone();
        options.NewLineFormat = NewLineFormat.Dos;
        options.International = utf8;
        return options;
    }

    /// <summary>
    /// MimeKit passes on what looks like an encoded word for the reader's program to decode, though it was written by whoever sent the payment; and it
    /// breaks long words in headers of UTF-8, which are joined by a blank then. What could fare so is encoded here, so that the reader sees its characters.
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
