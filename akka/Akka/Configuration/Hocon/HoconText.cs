using System.Globalization;
using System.Text;

namespace Akka.Configuration.Hocon;

internal enum HoconTokenKind
{
    Key,
    Include,
    Dot,
    Assign,
    ObjectStart,
    ObjectEnd,
    Bracket,
    End,
}

internal readonly record struct HoconToken(HoconTokenKind Kind, string Text = "");

/// <summary>A place in a HOCON text that moves forward: words, blanks, comments, quotes and escapes.</summary>
internal sealed class HoconText(string text)
{
    const string NotInUnquotedText = "$\"{}[]:=,#`^?!@*&\\";
    const string NotInUnquotedKey = NotInUnquotedText + ".";

    public int Position { get; private set; }

    public bool AtEnd => Position >= text.Length;

    public bool AtValue => At("[") || At("{") || At("\"") || At("${") || AtUnquotedText;

    char Current => AtEnd ? '\0' : text[Position];

    bool AtComment => At("#") || At("//");

    bool AtUnquotedText => !AtEnd && !char.IsWhiteSpace(Current) && !AtComment && !NotInUnquotedText.Contains(Current);

    bool AtUnquotedKey => !AtEnd && !AtComment && !NotInUnquotedKey.Contains(Current);

    public bool At(string expected) => string.CompareOrdinal(text, Position, expected, 0, expected.Length) == 0;

    public bool Accept(string expected)
    {
        if (!At(expected))
            return false;
        Position += expected.Length;
        return true;
    }

    public void SkipBlanksAndComments()
    {
        while (!AtEnd && (char.IsWhiteSpace(Current) || AtComment))
        {
            if (AtComment)
                TakeWhile(() => Current != '\n');
            else
                Position++;
        }
    }

    /// <summary>The next token where keys are expected.</summary>
    public HoconToken NextOfObject()
    {
        SkipBlanksAndComments();
        if (AtEnd)
            return new HoconToken(HoconTokenKind.End);
        if (Accept("."))
            return new HoconToken(HoconTokenKind.Dot);
        if (Accept("{"))
            return new HoconToken(HoconTokenKind.ObjectStart);
        if (Accept("}"))
            return new HoconToken(HoconTokenKind.ObjectEnd);
        if (Accept("=") || Accept(":"))
            return new HoconToken(HoconTokenKind.Assign);
        if (Accept("[") || Accept("]"))
            return new HoconToken(HoconTokenKind.Bracket);
        if (TakeInclude() is { } name)
            return new HoconToken(HoconTokenKind.Include, name);
        if (Accept("\""))
            return new HoconToken(HoconTokenKind.Key, TakeQuoted());
        if (AtUnquotedKey)
            return new HoconToken(HoconTokenKind.Key, TakeWhile(() => AtUnquotedKey).Trim());
        throw Error($"'{Current}' cannot stand here; a key or a closing brace was expected");
    }

    /// <summary>A quoted, triple-quoted or unquoted text.</summary>
    public string TakeText()
    {
        if (Accept("\"\"\""))
        {
            var raw = TakeWhile(() => !At("\"\"\""));
            Accept("\"\"\"");
            return raw;
        }
        if (Accept("\""))
            return TakeQuoted();

        var start = Position;
        var word = TakeWhile(() => AtUnquotedText);
        if (At("=") || At(":"))
        {
            throw new ConfigurationException(
                $"An unquoted value cannot hold '{Current}' (at position {Position}, {Where(Position)}, after '{word}'): "
                + "put a value such as an address in quotes, an object in braces.");
        }
        return Position > start ? word : throw Error("a value was expected");
    }

    /// <summary>What stands between <c>${</c> and <c>}</c>.</summary>
    public string TakeSubstitutedPath()
    {
        var path = TakeWhile(() => AtUnquotedText);
        return path.Length > 0 && Accept("}")
            ? path
            : throw Error("a substitution must be ${path}, the path without blanks, quotes or question mark");
    }

    public string TakeSpaces() => TakeWhile(() => Current is ' ' or '\t');

    public FormatException Error(string what)
    {
        var start = AtEnd ? text.Length : Position;
        var lineStart = start == 0 ? 0 : text.LastIndexOf('\n', start - 1) + 1;
        var lineEnd = text.IndexOf('\n', start);
        var line = text[lineStart..(lineEnd < 0 ? text.Length : lineEnd)].TrimEnd('\r');
        var pointer = new string(' ', start - lineStart) + "^";
        return new FormatException($"HOCON error at position {start} ({Where(start)}): {what}.\n{line}\n{pointer}");
    }

    string Where(int position)
    {
        var before = text.AsSpan(0, position);
        return $"line {before.Count('\n') + 1}, column {position - before.LastIndexOf('\n')}";
    }

    // include "name": the word alone, or with anything else behind it, is a key.
    string? TakeInclude()
    {
        var start = Position;
        if (Accept("include") && (char.IsWhiteSpace(Current) || AtComment))
        {
            SkipBlanksAndComments();
            if (Accept("\""))
                return TakeQuoted();
        }
        Position = start;
        return null;
    }

    // After the opening quote, up to and with the closing one.
    string TakeQuoted()
    {
        var content = new StringBuilder();
        while (!AtEnd && !At("\""))
        {
            if (Accept("\\"))
                content.Append(TakeEscaped());
            else
                content.Append(text[Position++]);
        }
        Accept("\"");
        return content.ToString();
    }

    char TakeEscaped()
    {
        var code = Current;
        Position++;
        switch (code)
        {
            case '"' or '\\' or '/':
                return code;
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'u' when ushort.TryParse(text.AsSpan(Position, Math.Min(4, text.Length - Position)), NumberStyles.AllowHexSpecifier, null, out var unit):
                Position += 4;
                return (char)unit;
            default:
                Position--;
                throw Error($"'\\{code}' is no escape: it must be one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX");
        }
    }

    string TakeWhile(Func<bool> condition)
    {
        var start = Position;
        while (!AtEnd && condition())
            Position++;
        return text[start..Position];
    }
}
