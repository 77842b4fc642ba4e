namespace FraudStreams.Model.Json;

/// <summary>What separates the columns of a line of text: comma, semicolon, tab or bar.</summary>
static class LineSeparator
{
    static ReadOnlySpan<byte> Known => ",;\t|"u8;

    /// <summary>The separator that a line has most of, outside of quotes; a comma where it has none.</summary>
    internal static byte Of(ReadOnlySpan<byte> line) => Of(line, out _);

    /// <param name="line">A line without its end.</param>
    /// <param name="columns">Columns of the line, at least 1.</param>
    internal static byte Of(ReadOnlySpan<byte> line, out int columns)
    {
        Span<int> counts = stackalloc int[Known.Length];
        counts.Clear();
        var quoted = false;
        foreach (var b in line)
        {
            if (b == '"')
                quoted = !quoted;
            else if (!quoted && Known.IndexOf(b) is >= 0 and var separator)
                counts[separator]++;
        }
        var most = 0;
        for (var separator = 1; separator < counts.Length; separator++)
        {
            if (counts[separator] > counts[most])
                most = separator;
        }
        columns = counts[most] + 1;
        return Known[most];
    }

    /// <summary>The separator's name, as in "semicolon-separated".</summary>
    internal static string NameOf(byte separator) => separator switch
    {
        (byte)',' => "comma",
        (byte)';' => "semicolon",
        (byte)'\t' => "tab",
        (byte)'|' => "bar",
        _ => $"\"{(char)separator}\"",
    };
}
