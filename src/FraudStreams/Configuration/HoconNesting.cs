namespace FraudStreams.Configuration;

/// <summary>
/// What HOCON's parser lets pass and a person never means: braces, brackets and quotes that are left open or closed twice, as in a file that
/// was cut off. And signs that need quotes in a list: there the parser of Akka.NET reads them for ever.
/// </summary>
static class HoconNesting
{
    /// <summary>Signs that HOCON keeps for itself outside quotes.</summary>
    const string Reserved = "@$&*!?^`\\";

    /// <summary>What is wrong first, with its line; null when every brace, bracket and quote has its partner.</summary>
    public static string? Fault(string text)
    {
        var open = new Stack<(char Sign, int Line)>();
        var line = 1;
        for (var at = 0; at < text.Length; at++)
        {
            switch (text[at])
            {
                case '\n':
                    line++;
                    break;
                case '#':
                case '/' when at + 1 < text.Length && text[at + 1] == '/':
                    at = text.IndexOf('\n', at) is >= 0 and var end ? end - 1 : text.Length;
                    break;
                case '"':
                    var close = EndOfQuote(text, at);
                    if (close < 0)
                        return $"the quote of line {line} is never closed";
                    line += text.AsSpan(at, close - at).Count('\n');
                    at = close;
                    break;
                case '{' or '[':
                    open.Push((text[at], line));
                    break;
                case '}' or ']':
                    if (!open.TryPop(out var opened))
                        return $"the '{text[at]}' of line {line} closes nothing";
                    if (opened.Sign != (text[at] == '}' ? '{' : '['))
                        return $"the '{opened.Sign}' of line {opened.Line} is closed by the '{text[at]}' of line {line}";
                    break;
                case '$' when at + 1 < text.Length && text[at + 1] == '{':
                    at = text.IndexOf('}', at) is >= 0 and var ending ? ending : text.Length;
                    break;
                case var sign when Reserved.Contains(sign) && open.TryPeek(out var list) && list.Sign == '[':
                    return $"the '{sign}' in the list of line {line} needs quotes around its text, such as [\"a@example.org\"]";
            }
        }

        return open.TryPop(out var left) ? $"the '{left.Sign}' of line {left.Line} is never closed" : null;
    }

    /// <summary>Where the quote that starts here ends (its last sign), or -1. Three quotes hold several lines, one quote holds one.</summary>
    static int EndOfQuote(string text, int start)
    {
        const string three = "\"\"\"";
        if (text.AsSpan(start).StartsWith(three))
            return text.IndexOf(three, start + 3, StringComparison.Ordinal) is >= 0 and var end ? end + 2 : -1;
        for (var at = start + 1; at < text.Length && text[at] != '\n'; at++)
        {
            if (text[at] == '\\')
                at++;
            else if (text[at] == '"')
                return at;
        }

        return -1;
    }
}
