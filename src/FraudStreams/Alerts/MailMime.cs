using System.Text;
using MimeKit;

namespace FraudStreams.Alerts;

/// <summary>An alert's message as a mail, the same for a server and for a file.</summary>
static class MailMime
{
    /// <summary>Bytes of text in one encoded word: in Base64 and with its frame it stays below the 75 characters that RFC 2047 allows.</summary>
    const int WordBytes = 42;

    public static MimeMessage Of(AlertMessage alert, string from, IEnumerable<string> to, DateTimeOffset date)
    {
        var message = new MimeMessage { MessageId = alert.MessageId.Trim('<', '>'), Date = date };
        message.From.Add(MailboxAddress.Parse(from));
        message.To.AddRange(to.Select(MailboxAddress.Parse));
        message.Headers.Replace(Subject(alert.Subject));
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        message.Body = new BodyBuilder { TextBody = alert.Text, HtmlBody = alert.Html }.ToMessageBody();
        return message;
    }

    /// <summary>
    /// What looks like an encoded word was written by whoever sent the payment, and MimeKit would pass it on for the reader's program to decode: it is
    /// encoded itself, so that the reader sees its characters.
    /// </summary>
    static Header Subject(string subject)
    {
        var header = new Header(Encoding.UTF8, HeaderId.Subject, subject);
        if (subject.Contains("=?", StringComparison.Ordinal))
            header.SetRawValue(Encoding.ASCII.GetBytes($" {EncodedWords(subject)}\r\n"));
        return header;
    }

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
