using System.Text.Json;

namespace FraudStreams.Model.Avro;

enum AvroKind
{
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Record,
    Enum,
    Array,
    Map,
    Union,
    Fixed,
}

enum AvroLogical
{
    None,
    Decimal,
    Date,
    TimestampMilliseconds,
    TimestampMicroseconds,
}

/// <summary>A type of an Avro schema (specification 1.12, "Schema Declaration"). A named type may hold itself.</summary>
sealed class AvroType(AvroKind kind)
{
    /// <summary>Of a decimal.</summary>
    const int MostDigits = 1000;

    internal AvroKind Kind => kind;

    internal AvroLogical Logical { get; private set; }

    /// <summary>Digits behind the point, of a decimal.</summary>
    internal int Scale { get; private set; }

    /// <summary>In bytes, of a fixed.</summary>
    internal int Size { get; private set; }

    /// <summary>The items of an array, the values of a map, the branches of a union, the fields of a record.</summary>
    internal AvroType[] Parts { get; private set; } = [];

    /// <summary>The names of a record's fields.</summary>
    internal string[] Names { get; private set; } = [];

    /// <summary>Of an enum.</summary>
    internal string[] Symbols { get; private set; } = [];

    /// <summary>Parses a schema.</summary>
    /// <param name="references">The schemas whose names it uses, each after those that it uses itself.</param>
    /// <exception cref="AvroSchemaException">It is not one.</exception>
    internal static AvroType Parse(string schema, IEnumerable<string> references)
    {
        var named = new Dictionary<string, AvroType>(StringComparer.Ordinal);
        try
        {
            foreach (var reference in references)
                _ = Parse(reference, named);
            return Parse(schema, named);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new AvroSchemaException($"it is no Avro schema: {e.Message}", e);
        }
    }

    static AvroType Parse(string schema, Dictionary<string, AvroType> named)
    {
        // A schema may be a bare name.
        using var json = JsonDocument.Parse(schema.TrimStart() is ['{' or '[' or '"', ..] ? schema : JsonSerializer.Serialize(schema.Trim()));
        return Of(json.RootElement, "", named);
    }

    static AvroType Of(JsonElement json, string space, Dictionary<string, AvroType> named) => json.ValueKind switch
    {
        JsonValueKind.String => ByName(json.GetString()!, space, named),
        JsonValueKind.Array => new AvroType(AvroKind.Union) { Parts = [.. json.EnumerateArray().Select(branch => Of(branch, space, named))] },
        _ when json.GetProperty("type").ValueKind != JsonValueKind.String => Of(json.GetProperty("type"), space, named),
        _ => OfObject(json, json.GetProperty("type").GetString()!, space, named),
    };

    static AvroType OfObject(JsonElement json, string type, string space, Dictionary<string, AvroType> named)
    {
        switch (type)
        {
            case "record" or "error":
                var record = Named(json, new AvroType(AvroKind.Record), ref space, named);
                var fields = json.GetProperty("fields").EnumerateArray().ToArray();
                record.Names = [.. fields.Select(field => Text(field.GetProperty("name")))];
                record.Parts = [.. fields.Select(field => Of(field.GetProperty("type"), space, named))];
                return record;
            case "enum":
                var symbols = Named(json, new AvroType(AvroKind.Enum), ref space, named);
                symbols.Symbols = [.. json.GetProperty("symbols").EnumerateArray().Select(Text)];
                return symbols;
            case "fixed":
                var bytes = Named(json, new AvroType(AvroKind.Fixed), ref space, named);
                bytes.Size = json.GetProperty("size").GetInt32();
                return WithLogical(bytes, json);
            case "array":
                return new AvroType(AvroKind.Array) { Parts = [Of(json.GetProperty("items"), space, named)] };
            case "map":
                return new AvroType(AvroKind.Map) { Parts = [Of(json.GetProperty("values"), space, named)] };
            default:
                return Primitive(type) is { } kind ? WithLogical(new AvroType(kind), json) : ByName(type, space, named);
        }
    }

    static AvroType Named(JsonElement json, AvroType type, ref string space, Dictionary<string, AvroType> named)
    {
        var name = Text(json.GetProperty("name"));
        space = name.LastIndexOf('.') is >= 0 and var dot ? name[..dot] : json.TryGetProperty("namespace", out var own) ? own.GetString() ?? space : space;
        return named[name.Contains('.') || space.Length == 0 ? name : $"{space}.{name}"] = type;
    }

    static string Text(JsonElement json) => json.GetString() ?? throw new FormatException("a name in it is null");

    static AvroType ByName(string name, string space, Dictionary<string, AvroType> named) =>
        Primitive(name) is { } kind ? new AvroType(kind)
        : named.TryGetValue(name.Contains('.') || space.Length == 0 ? name : $"{space}.{name}", out var found) || named.TryGetValue(name, out found) ? found
        : throw new FormatException($"it uses type {name} and does not say what that is");

    static AvroKind? Primitive(string name) => name switch
    {
        "null" => AvroKind.Null,
        "boolean" => AvroKind.Boolean,
        "int" => AvroKind.Int,
        "long" => AvroKind.Long,
        "float" => AvroKind.Float,
        "double" => AvroKind.Double,
        "bytes" => AvroKind.Bytes,
        "string" => AvroKind.String,
        _ => null,
    };

    /// <summary>A logical type that does not fit its type is ignored, as the specification wants it.</summary>
    static AvroType WithLogical(AvroType type, JsonElement json)
    {
        type.Logical = (json.TryGetProperty("logicalType", out var logical) ? logical.GetString() : null, type.Kind) switch
        {
            ("decimal", AvroKind.Bytes or AvroKind.Fixed) when ScaleOf(json) is not null => AvroLogical.Decimal,
            ("date", AvroKind.Int) => AvroLogical.Date,
            ("timestamp-millis" or "local-timestamp-millis", AvroKind.Long) => AvroLogical.TimestampMilliseconds,
            ("timestamp-micros" or "local-timestamp-micros", AvroKind.Long) => AvroLogical.TimestampMicroseconds,
            _ => AvroLogical.None,
        };
        type.Scale = type.Logical == AvroLogical.Decimal ? ScaleOf(json)!.Value : 0;
        return type;
    }

    /// <summary>Of a decimal; null where scale and precision do not go together, or no payment has so many digits.</summary>
    static int? ScaleOf(JsonElement json)
    {
        var scale = json.TryGetProperty("scale", out var given) ? Whole(given) : 0;
        var precision = json.TryGetProperty("precision", out given) ? Whole(given) : null;
        return scale >= 0 && scale <= precision && precision is > 0 and <= MostDigits ? scale : null;
    }

    static int? Whole(JsonElement json) => json.ValueKind == JsonValueKind.Number && json.TryGetInt32(out var whole) ? whole : null;
}
