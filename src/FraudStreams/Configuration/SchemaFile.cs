using System.Collections.Immutable;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Configuration;

/// <summary>Reads a schema from HOCON: a file under hocon/schemas, or one of the user's own.</summary>
public static class SchemaFile
{
    const string Extension = ".conf";
    const string MadeIdName = "id";

    static readonly (string Key, Func<SettingsSection, string, FeatureDefinition> Read)[] FeatureKinds =
    [
        ("number", (section, name) => new NumberFeature(name, section.FilledText("number"))),
        ("log1p", (section, name) => new LogFeature(name, section.FilledText("log1p"))),
        ("category", (section, name) => new CategoryFeature(
            name,
            section.FilledText("category"),
            section.Has("min-count") ? section.Int("min-count", 1, int.MaxValue) : CategoryFeature.DefaultLeastCount,
            section.Has("max-categories") ? section.Int("max-categories", 1, int.MaxValue) : CategoryFeature.DefaultMostCategories)),
        ("calendar", (section, name) => new CalendarFeature(name, section.FilledText("of"), Part(section))),
        ("age", (section, name) => new AgeFeature(name, section.FilledText("age"))),
        ("distance", (section, name) => Distance(name, section.Texts("distance", 4))),
        ("ratio", (section, name) => Ratio(name, section.Texts("ratio", 2))),
        ("difference", (section, name) => Difference(name, section.Texts("difference", 2))),
        ("window", Window),
    ];

    /// <summary>The folder of the schemas that come with the program.</summary>
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "hocon", "schemas");

    /// <summary>The schemas that come with the program, by name.</summary>
    public static IEnumerable<string> Names =>
        Directory.EnumerateFiles(Folder, "*" + Extension).Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal);

    /// <summary>The first of the program's schemas that fits; null if none does.</summary>
    public static TransactionSchema? Find(Func<TransactionSchema, bool> fits) => Names.Select(Read).FirstOrDefault(fits);

    /// <summary>
    /// Reads the schema of that name among those of the program, or the file when <paramref name="nameOrPath"/> ends in .conf.
    /// </summary>
    /// <exception cref="SchemaException">There is no such file, it is not HOCON, or the schema contradicts itself: file, key and
    /// reason.</exception>
    public static TransactionSchema Read(string nameOrPath)
    {
        var path = nameOrPath.EndsWith(Extension, StringComparison.Ordinal) ? nameOrPath : Path.Combine(Folder, nameOrPath + Extension);
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SchemaException(
                path,
                [$"there is no such schema file; those of the program are {string.Join(", ", Names)}, others are paths ending in {Extension}"]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SchemaException(path, [Directory.Exists(path) ? "is a directory: it must be a schema file" : $"cannot be read: {e.Message}"]);
        }
        return Parse(text, path);
    }

    /// <summary>Reads a schema from HOCON text; <paramref name="subject"/> names it in what goes wrong.</summary>
    public static TransactionSchema Parse(string hocon, string subject)
    {
        var root = SettingsSection.Parse(hocon, subject);
        var draft = Draft(root);
        if (root.Problems.Count > 0)
            throw new SchemaException(subject, root.Problems);
        return TransactionSchema.Create(draft, subject);
    }

    static SchemaDraft Draft(SettingsSection root)
    {
        var draft = new SchemaDraft(
            root.FilledText("name"),
            [.. root.List("fields").Select(Field)],
            Roles(root.Section("roles")))
        {
            Features = [.. root.List("features").Select(Feature)],
        };
        if (root.Has("csv"))
            draft = WithCsv(draft, root.Section("csv"));
        root.RefuseOthers();
        return draft;
    }

    static SchemaDraft WithCsv(SchemaDraft draft, SettingsSection csv)
    {
        var labels = csv.Has("labels") ? csv.Section("labels") : null;
        draft = draft with
        {
            DropsIndexColumn = csv.OptionalChoice("index-column", false, ("drop", true)),
            Csv = new CsvFormat
            {
                Encoding = csv.OptionalText("encoding"),
                Separator = Character(csv, "separator", ("tab", '\t')),
                Quote = Character(csv, "quote", ("none", '\0')),
                Decimal = Character(csv, "decimal"),
                Thousands = Character(csv, "thousands", ("space", ' ')),
                Times = [.. csv.TextOrTexts("times").Select(text => Time(csv, text))],
                Fraud = labels?.TextOrTexts("fraud") ?? [],
                Legitimate = labels?.TextOrTexts("legitimate") ?? [],
                Missing = csv.TextOrTexts("missing"),
            },
        };
        labels?.RefuseOthers();
        csv.RefuseOthers();
        return draft;
    }

    /// <param name="named">A word for a character that is hard to see.</param>
    static char? Character(SettingsSection csv, string key, (string Word, char Character)? named = null)
    {
        if (csv.OptionalText(key) is not { } text)
            return null;
        if (text == named?.Word)
            return named.Value.Character;
        if (text.Length != 1)
            csv.Add(key, $"\"{text}\" is not one character{(named is null ? "" : $"; {named.Value.Word} is possible too")}");
        return text.FirstOrDefault();
    }

    static CsvTimeFormat Time(SettingsSection csv, string text)
    {
        var format = CsvTimeFormat.Parse(text, out var problem);
        if (problem is not null)
            csv.Add("times", problem);
        return format;
    }

    static SchemaRoles Roles(SettingsSection section)
    {
        var made = section.IsSection("id") ? section.Section("id") : null;
        made?.OptionalChoice("from", true, ("row", true));
        made?.RefuseOthers();
        var roles = new SchemaRoles(made is null ? section.FilledText("id") : MadeIdName, section.FilledText("time"), section.FilledText("amount"))
        {
            IdFromRow = made is not null,
            Card = section.OptionalText("card"),
            Label = section.OptionalText("label"),
            Merchant = section.OptionalText("merchant"),
        };
        section.RefuseOthers();
        return roles;
    }

    static SchemaField Field(SettingsSection section)
    {
        var type = section.Choice(
            "type",
            ("text", FieldType.Text),
            ("number", FieldType.Number),
            ("integer", FieldType.Integer),
            ("time", FieldType.Time));
        var field = new SchemaField(section.FilledText("name"), type)
        {
            Optional = section.OptionalFlag("optional"),
            Secret = section.OptionalFlag("secret"),
            TimeFormats = [.. section.TextOrTexts("format").Select(text => Format(section, text))],
            Digits = section.Has("digits") ? Digits(section.Ints("digits", 2)) : null,
        };
        section.RefuseOthers();
        return field;
    }

    static DigitCount Digits(ImmutableArray<int> range) => new(range[0], range[1]);

    static TimeFormat Format(SettingsSection section, string text)
    {
        if (!TimeFormat.TryParse(text, out var format))
            section.Add("format", $"\"{text}\" is no time format; possible are {TimeFormat.Choices}");
        return format;
    }

    static FeatureDefinition Feature(SettingsSection section)
    {
        var name = section.FilledText("name");
        var read = FeatureKinds.FirstOrDefault(kind => section.Has(kind.Key)).Read;
        if (read is null)
            section.Add("", $"says nothing to compute; it has one of {string.Join(", ", FeatureKinds.Select(kind => kind.Key))}");
        // A number stands in for what could not be read: the schema is refused in any case.
        var feature = read?.Invoke(section, name) ?? new NumberFeature(name, "");
        section.RefuseOthers();
        return feature;
    }

    static DistanceFeature Distance(string name, ImmutableArray<string> points) => new(name, points[0], points[1], points[2], points[3]);

    static RatioFeature Ratio(string name, ImmutableArray<string> fields) => new(name, fields[0], fields[1]);

    static DifferenceFeature Difference(string name, ImmutableArray<string> fields) => new(name, fields[0], fields[1]);

    static WindowFeature Window(SettingsSection section, string name)
    {
        var kind = section.Choice(
            "window",
            ("count", WindowKind.Count),
            ("sum", WindowKind.Sum),
            ("mean", WindowKind.Mean),
            ("stddev", WindowKind.StandardDeviation),
            ("max", WindowKind.Max),
            ("distinct", WindowKind.Distinct),
            ("fraud-share", WindowKind.FraudShare),
            ("since-last", WindowKind.SinceLast));
        return new WindowFeature(name, kind, section.TextOrTexts("by"), section.WholeDuration("over"))
        {
            Of = section.OptionalText("of"),
            Delay = section.Has("delay") ? section.WholeDuration("delay") : TimeSpan.Zero,
            CountsItself = section.OptionalChoice("current", true, ("in", true), ("out", false)),
        };
    }

    static CalendarPart Part(SettingsSection section) => section.Choice(
            "calendar",
        ("hour", CalendarPart.Hour),
        ("weekday", CalendarPart.Weekday),
        ("month-day", CalendarPart.MonthDay),
        ("month", CalendarPart.Month),
        ("night", CalendarPart.Night),
        ("weekend", CalendarPart.Weekend),
        ("hour-sin", CalendarPart.HourSin),
        ("hour-cos", CalendarPart.HourCos));
}
