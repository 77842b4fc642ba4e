using Akka.Configuration;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Configuration;

/// <summary>Reads a schema from HOCON: a file under hocon/schemas, or one of the user's own.</summary>
public static class SchemaFile
{
    const string Extension = ".conf";
    const string MadeIdName = "id";

    static readonly (string Key, Func<SchemaSection, string, FeatureDefinition> Read)[] FeatureKinds =
    [
        ("number", (section, name) => new NumberFeature(name, section.Text("number"))),
        ("log1p", (section, name) => new LogFeature(name, section.Text("log1p"))),
        ("category", (section, name) => new CategoryFeature(
            name,
            section.Text("category"),
            section.Whole("min-count", CategoryFeature.DefaultLeastCount),
            section.Whole("max-categories", CategoryFeature.DefaultMostCategories))),
        ("calendar", (section, name) => new CalendarFeature(name, section.Text("of"), Part(section))),
        ("age", (section, name) => new AgeFeature(name, section.Text("age"))),
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
        Config config;
        if (HoconNesting.Fault(hocon) is { } fault)
            throw new SchemaException(subject, [$"is not HOCON: {fault}"]);
        try
        {
            config = ConfigurationFactory.ParseString(hocon);
        }
        // Any exception of the parser is about the text, and its type is not part of Akka.NET's contract.
        catch (Exception e)
        {
            throw new SchemaException(subject, [$"is not HOCON: {e.Message}"]);
        }
        var root = new SchemaSection(config.Root, "", []);
        var draft = Draft(root);
        if (root.Problems.Count > 0)
            throw new SchemaException(subject, root.Problems);
        return TransactionSchema.Create(draft, subject);
    }

    static SchemaDraft Draft(SchemaSection root)
    {
        var draft = new SchemaDraft(
            root.Text("name"),
            [.. root.List("fields").Select(Field)],
            root.Section("roles", required: true) is { } roles ? Roles(roles) : new SchemaRoles("", "", ""))
        {
            Features = [.. root.List("features").Select(Feature)],
            DropsIndexColumn = root.Section("csv", required: false) is { } csv && DropsIndexColumn(csv),
        };
        root.RefuseOthers();
        return draft;
    }

    static bool DropsIndexColumn(SchemaSection csv)
    {
        var drops = csv.Choice("index-column", false, ("drop", true));
        csv.RefuseOthers();
        return drops;
    }

    static SchemaRoles Roles(SchemaSection section)
    {
        var made = section.IsSection("id") ? section.Section("id", required: true) : null;
        made?.Choice("from", true, ("row", true));
        made?.RefuseOthers();
        var roles = new SchemaRoles(made is null ? section.Text("id") : MadeIdName, section.Text("time"), section.Text("amount"))
        {
            IdFromRow = made is not null,
            Card = section.OptionalText("card"),
            Label = section.OptionalText("label"),
            Merchant = section.OptionalText("merchant"),
        };
        section.RefuseOthers();
        return roles;
    }

    static SchemaField Field(SchemaSection section)
    {
        var type = section.Choice(
            "type",
            default(FieldType),
            required: true,
            ("text", FieldType.Text),
            ("number", FieldType.Number),
            ("integer", FieldType.Integer),
            ("time", FieldType.Time));
        var field = new SchemaField(section.Text("name"), type)
        {
            Optional = section.Flag("optional"),
            Secret = section.Flag("secret"),
            TimeFormats = [.. section.TextOrTexts("format").Select(text => Format(section, text))],
            Digits = section.Has("digits") ? Digits(section.Wholes("digits", 2)) : null,
        };
        section.RefuseOthers();
        return field;
    }

    static DigitCount Digits(int[] range) => new(range[0], range[1]);

    static TimeFormat Format(SchemaSection section, string text)
    {
        if (!TimeFormat.TryParse(text, out var format))
            section.Add("format", $"\"{text}\" is no time format; possible are {TimeFormat.Choices}");
        return format;
    }

    static FeatureDefinition Feature(SchemaSection section)
    {
        var name = section.Text("name");
        var read = FeatureKinds.FirstOrDefault(kind => section.Has(kind.Key)).Read;
        if (read is null)
            section.Add("", $"says nothing to compute; it has one of {string.Join(", ", FeatureKinds.Select(kind => kind.Key))}");
        // A number stands in for what could not be read: the schema is refused in any case.
        var feature = read?.Invoke(section, name) ?? new NumberFeature(name, "");
        section.RefuseOthers();
        return feature;
    }

    static DistanceFeature Distance(string name, string[] points) => new(name, points[0], points[1], points[2], points[3]);

    static RatioFeature Ratio(string name, string[] fields) => new(name, fields[0], fields[1]);

    static DifferenceFeature Difference(string name, string[] fields) => new(name, fields[0], fields[1]);

    static WindowFeature Window(SchemaSection section, string name)
    {
        var kind = section.Choice(
            "window",
            default(WindowKind),
            required: true,
            ("count", WindowKind.Count),
            ("sum", WindowKind.Sum),
            ("mean", WindowKind.Mean),
            ("stddev", WindowKind.StandardDeviation),
            ("max", WindowKind.Max),
            ("distinct", WindowKind.Distinct),
            ("fraud-share", WindowKind.FraudShare),
            ("since-last", WindowKind.SinceLast));
        return new WindowFeature(name, kind, [.. section.TextOrTexts("by")], section.Duration("over") ?? TimeSpan.Zero)
        {
            Of = section.OptionalText("of"),
            Delay = section.Has("delay") ? section.Duration("delay") ?? TimeSpan.Zero : TimeSpan.Zero,
            CountsItself = section.Choice("current", true, ("in", true), ("out", false)),
        };
    }

    static CalendarPart Part(SchemaSection section) => section.Choice(
        "calendar",
        default(CalendarPart),
        required: true,
        ("hour", CalendarPart.Hour),
        ("weekday", CalendarPart.Weekday),
        ("month-day", CalendarPart.MonthDay),
        ("month", CalendarPart.Month),
        ("night", CalendarPart.Night),
        ("weekend", CalendarPart.Weekend),
        ("hour-sin", CalendarPart.HourSin),
        ("hour-cos", CalendarPart.HourCos));
}
