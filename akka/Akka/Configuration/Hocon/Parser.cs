namespace Akka.Configuration.Hocon;

/// <summary>
/// Reads HOCON as Akka.NET does, which forgives much: braces and quotes may stay open at the end, a stray bracket or <c>=</c> between
/// entries is passed over, and what follows a closing brace too many is not read.
/// A substitution is looked up in its own text only, and there are no optional ones.
/// </summary>
public class Parser
{
    readonly HoconText _text;
    readonly Func<string, HoconRoot>? _include;
    readonly List<HoconSubstitution> _substitutions = [];

    Parser(string text, Func<string, HoconRoot>? include)
    {
        _text = new HoconText(text);
        _include = include;
    }

    /// <param name="text">HOCON</param>
    /// <param name="includeCallback">gives the parsed content of what <c>include "name"</c> names</param>
    /// <exception cref="FormatException">The text is no HOCON, or a substitution has no value.</exception>
    /// <exception cref="ConfigurationException">An unquoted value holds <c>=</c> or <c>:</c>.</exception>
    public static HoconRoot Parse(string text, Func<string, HoconRoot>? includeCallback)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new Parser(text, includeCallback).ParseRoot();
    }

    HoconRoot ParseRoot()
    {
        var root = new HoconValue();
        ParseObject(root, "", oneEntry: false);
        var config = new Config(new HoconRoot(root));
        foreach (var substitution in _substitutions)
        {
            substitution.ResolvedValue = config.GetValue(substitution.Path)
                ?? throw new FormatException($"The substitution ${{{substitution.Path}}} has no value: nothing in this text is named so.");
        }
        RefuseCircles();
        return new HoconRoot(root, _substitutions);
    }

    // The owner's entries, up to the closing brace; or one entry, for what follows a dot in a key.
    void ParseObject(HoconValue owner, string path, bool oneEntry)
    {
        if (!owner.IsObject())
            owner.NewValue(new HoconObject());
        var entries = owner.GetObject()!;

        while (!_text.AtEnd)
        {
            var token = _text.NextOfObject();
            switch (token.Kind)
            {
                case HoconTokenKind.Include:
                    Include(token.Text, entries, path);
                    break;
                case HoconTokenKind.Key:
                    ParseEntry(entries.GetOrCreateKey(token.Text), path == "" ? token.Text : $"{path}.{token.Text}");
                    if (oneEntry)
                        return;
                    break;
                case HoconTokenKind.ObjectEnd:
                    return;
            }
        }
    }

    // What follows a key.
    void ParseEntry(HoconValue value, string path)
    {
        while (!_text.AtEnd)
        {
            switch (_text.NextOfObject().Kind)
            {
                case HoconTokenKind.Dot:
                    ParseObject(value, path, oneEntry: true);
                    return;
                case HoconTokenKind.ObjectStart:
                    ParseObject(value, path, oneEntry: false);
                    return;
                case HoconTokenKind.Assign:
                    // An object stays: another object is merged into it, and anything else replaces it once it is there.
                    if (!value.IsObject())
                        value.Clear();
                    ParseValue(value, path);
                    return;
            }
        }
    }

    void ParseValue(HoconValue owner, string path)
    {
        if (_text.AtEnd)
            throw _text.Error("a value was expected, and the text ends");
        _text.SkipBlanksAndComments();
        while (_text.AtValue)
        {
            if (_text.Accept("{"))
            {
                ParseObject(owner, path, oneEntry: false);
            }
            else if (_text.Accept("["))
            {
                owner.AppendValue(ParseArray(path));
            }
            else if (_text.Accept("${"))
            {
                var substitution = new HoconSubstitution(_text.TakeSubstitutedPath());
                _substitutions.Add(substitution);
                owner.AppendValue(substitution);
            }
            else
            {
                if (owner.IsObject())
                    owner.Clear();
                owner.AppendValue(new HoconLiteral { Value = _text.TakeText() });
            }
            // Blanks between two parts of a text belong to it; those around it are trimmed by who asks for the text.
            if (_text.TakeSpaces() is { Length: > 0 } spaces)
                owner.AppendValue(new HoconLiteral { Value = spaces });
        }
        _text.Accept(",");
    }

    HoconArray ParseArray(string path)
    {
        var array = new HoconArray();
        while (!_text.AtEnd && !_text.At("]"))
        {
            var start = _text.Position;
            var element = new HoconValue();
            ParseValue(element, path);
            array.Add(element);
            _text.SkipBlanksAndComments();
            if (_text.Position == start)
                throw _text.Error("an element of an array was expected");
        }
        _text.Accept("]");
        return array;
    }

    void Include(string name, HoconObject entries, string path)
    {
        if (_include == null)
            throw new ConfigurationException($"include \"{name}\" needs an include callback, and none was given.");
        var included = _include(name);
        foreach (var substitution in included.Substitutions)
        {
            // Their paths started at the top of the included text. At the top of this one Akka.NET prefixes a dot, and finds nothing.
            substitution.Path = $"{path}.{substitution.Path}";
            _substitutions.Add(substitution);
        }
        entries.Merge(included.Value.GetObject()!);
    }

    // A value that is made of itself, or holds itself, has no end.
    void RefuseCircles()
    {
        foreach (var start in _substitutions)
        {
            var met = new HashSet<HoconSubstitution> { start };
            var open = new Stack<HoconSubstitution>(met);
            while (open.TryPop(out var substitution))
            {
                foreach (var next in SubstitutionsIn(substitution.ResolvedValue!))
                {
                    if (next == start)
                        throw new FormatException($"The substitution ${{{start.Path}}} refers to itself.");
                    if (met.Add(next))
                        open.Push(next);
                }
            }
        }
    }

    static IEnumerable<HoconSubstitution> SubstitutionsIn(HoconValue value) => value.Values.SelectMany(element => element switch
    {
        HoconSubstitution substitution => [substitution],
        HoconArray array => array.SelectMany(SubstitutionsIn),
        HoconObject entries => entries.Items.Values.SelectMany(SubstitutionsIn),
        _ => Enumerable.Empty<HoconSubstitution>(),
    });
}
