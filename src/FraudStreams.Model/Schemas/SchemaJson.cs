using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FraudStreams.Model.Schemas;

/// <summary>
/// A schema as JSON, for model cards. The form is canonical: every property is written, in this order, so that the hash of all but csv is the schema's id.
/// </summary>
public static class SchemaJson
{
    /// <summary>Writes a schema in canonical form, and how its files are written where its section csv says so.</summary>
    public static JsonObject ToJson(TransactionSchema schema)
    {
        var json = Identity(schema);
        if (!schema.Csv.IsAsFound)
            json["csv"] = ToJson(schema.Csv);
        return json;
    }

    /// <summary>What makes a schema the one that it is.</summary>
    internal static JsonObject Identity(TransactionSchema schema) => new()
    {
        ["name"] = schema.Name,
        ["drops_index_column"] = schema.DropsIndexColumn,
        ["fields"] = new JsonArray([.. schema.Fields.Select(ToJson)]),
        ["roles"] = new JsonObject
        {
            ["id"] = schema.Roles.Id,
            ["id_from_row"] = schema.Roles.IdFromRow,
            ["time"] = schema.Roles.Time,
            ["amount"] = schema.Roles.Amount,
            ["card"] = schema.Roles.Card,
            ["label"] = schema.Roles.Label,
            ["merchant"] = schema.Roles.Merchant,
        },
        ["features"] = new JsonArray([.. schema.Features.Select(ToJson)]),
    };

    /// <summary>Reads what <see cref="ToJson(TransactionSchema)"/> wrote.</summary>
    /// <param name="json">The JSON object.</param>
    /// <param name="subject">The file or object that contains it, for messages.</param>
    /// <exception cref="SchemaException">The JSON is not a schema, or the schema is inconsistent.</exception>
    public static TransactionSchema FromJson(JsonElement json, string subject)
    {
        try
        {
            var roles = json.GetProperty("roles");
            var draft = new SchemaDraft(
                Text(json, "name"),
                [.. json.GetProperty("fields").EnumerateArray().Select(FieldFrom)],
                new SchemaRoles(Text(roles, "id"), Text(roles, "time"), Text(roles, "amount"))
                {
                    IdFromRow = roles.GetProperty("id_from_row").GetBoolean(),
                    Card = roles.GetProperty("card").GetString(),
                    Label = roles.GetProperty("label").GetString(),
                    Merchant = roles.GetProperty("merchant").GetString(),
                })
            {
                DropsIndexColumn = json.GetProperty("drops_index_column").GetBoolean(),
                Features = [.. json.GetProperty("features").EnumerateArray().Select(FeatureFrom)],
                Csv = json.TryGetProperty("csv", out var csv) ? CsvFrom(csv) : CsvFormat.AsFound,
            };
            return TransactionSchema.Create(draft, subject);
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new SchemaException(subject, [$"the schema in it cannot be read: {e.Message}"]);
        }
    }

    static JsonObject ToJson(CsvFormat csv) => new()
    {
        ["encoding"] = csv.Encoding,
        ["separator"] = csv.Separator?.ToString(),
        ["quote"] = csv.Quote?.ToString(),
        ["decimal"] = csv.Decimal?.ToString(),
        ["thousands"] = csv.Thousands?.ToString(),
        ["times"] = Texts(csv.Times.Select(time => time.ToString())),
        ["fraud"] = Texts(csv.Fraud),
        ["legitimate"] = Texts(csv.Legitimate),
        ["missing"] = Texts(csv.Missing),
    };

    static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => JsonValue.Create(text))]);

    static CsvFormat CsvFrom(JsonElement json)
    {
        return new CsvFormat
        {
            Encoding = json.GetProperty("encoding").GetString(),
            Separator = Character("separator"),
            Quote = Character("quote"),
            Decimal = Character("decimal"),
            Thousands = Character("thousands"),
            Times = [.. Words("times").Select(TimeFrom)],
            Fraud = Words("fraud"),
            Legitimate = Words("legitimate"),
            Missing = Words("missing"),
        };

        char? Character(string property) => json.GetProperty(property).GetString() switch
        {
            null => null,
            { Length: 1 } text => text[0],
            var text => throw new FormatException($"csv.{property} is \"{text}\" and must be one character"),
        };

        ImmutableArray<string> Words(string property) => [.. json.GetProperty(property).EnumerateArray().Select(word => word.GetString() ?? throw new FormatException($"csv.{property} has a null"))];
    }

    static CsvTimeFormat TimeFrom(string text) =>
        CsvTimeFormat.Parse(text, out var problem) is var format && problem is null ? format : throw new FormatException($"csv.times: {problem}");

    static JsonObject ToJson(SchemaField field) => new()
    {
        ["name"] = field.Name,
        ["type"] = field.Type.ToString(),
        ["optional"] = field.Optional,
        ["secret"] = field.Secret,
        ["formats"] = new JsonArray([.. field.TimeFormats.Select(f => JsonValue.Create(f.ToString()))]),
        ["digits"] = field.Digits is { } d ? new JsonArray(d.Least, d.Most) : null,
    };

    static SchemaField FieldFrom(JsonElement json) => new(Text(json, "name"), Choice<FieldType>(json, "type"))
    {
        Optional = json.GetProperty("optional").GetBoolean(),
        Secret = json.GetProperty("secret").GetBoolean(),
        TimeFormats = [.. json.GetProperty("formats").EnumerateArray().Select(f => FormatFrom(f.GetString()))],
        Digits = json.GetProperty("digits") is { ValueKind: JsonValueKind.Array } digits
            ? new DigitCount(digits[0].GetInt32(), digits[1].GetInt32())
            : null,
    };

    static TimeFormat FormatFrom(string? text) =>
        TimeFormat.TryParse(text ?? "", out var format) ? format : throw new FormatException($"there is no time format \"{text}\"");

    internal static JsonObject ToJson(FeatureDefinition feature)
    {
        var json = new JsonObject { ["name"] = feature.Name };
        switch (feature)
        {
            case NumberFeature f:
                json["number"] = f.Field;
                break;
            case LogFeature f:
                json["log1p"] = f.Field;
                break;
            case CategoryFeature f:
                json["category"] = f.Field;
                json["min_count"] = f.LeastCount;
                json["max_categories"] = f.MostCategories;
                break;
            case CalendarFeature f:
                json["calendar"] = f.Part.ToString();
                json["of"] = f.Field;
                break;
            case AgeFeature f:
                json["age"] = f.Field;
                break;
            case DistanceFeature f:
                json["distance"] = new JsonArray(f.Latitude, f.Longitude, f.ToLatitude, f.ToLongitude);
                break;
            case RatioFeature f:
                json["ratio"] = new JsonArray(f.Numerator, f.Denominator);
                break;
            case DifferenceFeature f:
                json["difference"] = new JsonArray(f.Field, f.Less);
                break;
            case WindowFeature f:
                json["window"] = f.Kind.ToString();
                json["of"] = f.Of;
                json["by"] = new JsonArray([.. f.By.Select(field => JsonValue.Create(field))]);
                json["over_ms"] = (long)f.Over.TotalMilliseconds;
                json["delay_ms"] = (long)f.Delay.TotalMilliseconds;
                json["counts_itself"] = f.CountsItself;
                break;
            default:
                throw new InvalidOperationException($"feature {feature.Name} has no JSON form");
        }
        return json;
    }

    static FeatureDefinition FeatureFrom(JsonElement json)
    {
        var name = Text(json, "name");
        var kind = json.EnumerateObject().ElementAtOrDefault(1).Name;
        ImmutableArray<string> Parts(int count) =>
        [
            .. Enumerable.Range(0, count)
                .Select(i => json.GetProperty(kind)[i].GetString() ?? throw new FormatException($"{name}.{kind} has a null")),
        ];
        switch (kind)
        {
            case "number":
                return new NumberFeature(name, Text(json, kind));
            case "log1p":
                return new LogFeature(name, Text(json, kind));
            case "category":
                return new CategoryFeature(
                    name, Text(json, kind), json.GetProperty("min_count").GetInt32(), json.GetProperty("max_categories").GetInt32());
            case "calendar":
                return new CalendarFeature(name, Text(json, "of"), Choice<CalendarPart>(json, kind));
            case "age":
                return new AgeFeature(name, Text(json, kind));
            case "distance":
                var points = Parts(4);
                return new DistanceFeature(name, points[0], points[1], points[2], points[3]);
            case "ratio":
                var ratio = Parts(2);
                return new RatioFeature(name, ratio[0], ratio[1]);
            case "difference":
                var difference = Parts(2);
                return new DifferenceFeature(name, difference[0], difference[1]);
            case "window":
                return WindowFrom(json, name);
            default:
                throw new FormatException($"feature {name} is of a kind, \"{kind}\", that this program does not know");
        }
    }

    static WindowFeature WindowFrom(JsonElement json, string name) => new(
        name,
        Choice<WindowKind>(json, "window"),
        [.. json.GetProperty("by").EnumerateArray()
            .Select(field => field.GetString() ?? throw new FormatException($"{name}.by has a null"))],
        Milliseconds(json, "over_ms"))
    {
        Of = json.GetProperty("of").GetString(),
        Delay = Milliseconds(json, "delay_ms"),
        CountsItself = json.GetProperty("counts_itself").GetBoolean(),
    };

    static TimeSpan Milliseconds(JsonElement json, string property)
    {
        var milliseconds = json.GetProperty(property).GetInt64();
        return milliseconds >= 0 && milliseconds <= (long)WindowFeature.Longest.TotalMilliseconds
            ? TimeSpan.FromMilliseconds(milliseconds, 0)
            : throw new FormatException($"{property} is {milliseconds}; 0 to {(long)WindowFeature.Longest.TotalMilliseconds} are possible");
    }

    static string Text(JsonElement json, string property) =>
        json.GetProperty(property).GetString() ?? throw new FormatException($"{property} is null");

    static TEnum Choice<TEnum>(JsonElement json, string property)
        where TEnum : struct, Enum =>
        Enum.TryParse<TEnum>(Text(json, property), out var value) && Enum.IsDefined(value)
            ? value
            : throw new FormatException(
                $"{property} is \"{json.GetProperty(property)}\"; possible are {string.Join(", ", Enum.GetNames<TEnum>())}");
}
