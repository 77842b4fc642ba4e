using System.Text;

namespace FraudStreams.Alerts;

/// <summary>Text of any language in mails, which are ASCII lines.</summary>
static class MimeText
{
    const int LongestLine = 76;

    /// <summary>Bytes of text in one encoded word: in Base64 and with its frame it stays below the 75 characters that RFC 2047 allows.</summary>
    const int WordBytes = 42;

    /// <summary>A header's value (RFC 2047): as it is where it is short and plain ASCII, else as encoded words on folded lines.</summary>
    public static string Header(string line)
    {
        if (line.Length <= LongestLine - 12 && line.All(c => c is >= ' ' and <= '~') && !line.Contains("=?", StringComparison.Ordinal))
            return line;
        var words = new List<string>();
        var word = new List<byte>(WordBytes);
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in line.EnumerateRunes())
        {
            var length = rune.EncodeToUtf8(utf8);
            if (word.Count + length > WordBytes)
                Close();
            word.AddRange(utf8[..length]);
        }

        Close();
        return string.Join("\n ", words);

        void Close()
        {
            words.Add($"=?utf-8?B?{Convert.ToBase64String([.. word])}?=");
            word.Clear();
        }
    }

    /// <summary>A body in quoted-printable (RFC 2045, section 6.7); lines end in a line feed.</summary>
    public static string QuotedPrintable(string body)
    {
        var text = new StringBuilder(body.Length + (body.Length / 8));
        var column = 0;
        var bytes = Encoding.UTF8.GetBytes(body.ReplaceLineEndings("\n"));
        for (var i = 0; i < bytes.Length; i++)
        {
            var b = bytes[i];
            if (b == '\n')
            {
                text.Append('\n');
                column = 0;
                continue;
            }

            var endsLine = i + 1 == bytes.Length || bytes[i + 1] == '\n';
            var piece = (b is >= (byte)'!' and <= (byte)'~' && b != '=') || (b == ' ' && !endsLine) ? ((char)b).ToString() : $"={b:X2}";
            if (column + piece.Length > LongestLine - 1)
            {
                text.Append("=\n");
                column = 0;
            }

            text.Append(piece);
            column += piece.Length;
        }

        return text.ToString();
    }
}
