using System.Buffers;

namespace FraudStreams.Api.Protocols;

/// <summary>
/// JSON has no NaN, and Python writes it all the same. In quotes it is read, and refused with its row and field instead of with the place of a byte.
/// </summary>
static class NotANumber
{
    public static ReadOnlyMemory<byte> Quoted(ReadOnlyMemory<byte> json)
    {
        if (json.Span.IndexOf("NaN"u8) < 0 && json.Span.IndexOf("Infinity"u8) < 0)
            return json;
        var quoted = new ArrayBufferWriter<byte>(json.Length + 64);
        var span = json.Span;
        var (from, isText) = (0, false);
        for (var at = 0; at < span.Length; at++)
        {
            if (isText)
            {
                if (span[at] == '\\')
                    at++;
                else if (span[at] == '"')
                    isText = false;
            }
            else if (span[at] == '"')
            {
                isText = true;
            }
            else if (LengthAt(span[at..]) is var length and > 0)
            {
                quoted.Write(span[from..at]);
                quoted.Write("\""u8);
                quoted.Write(span.Slice(at, length));
                quoted.Write("\""u8);
                from = at + length;
                at = from - 1;
            }
        }

        quoted.Write(span[from..]);
        return quoted.WrittenMemory;
    }

    static int LengthAt(ReadOnlySpan<byte> json) => json.StartsWith("NaN"u8) ? 3 : json.StartsWith("Infinity"u8) ? 8 : json.StartsWith("-Infinity"u8) ? 9 : 0;
}
