using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Avro;

/// <summary>
/// Turns Avro records of one writer's schema into the JSON objects that a <see cref="TransactionReader"/> reads: flat, with the fields of the payment's schema,
/// each from where its path says (<see cref="SchemaField.From"/>). Everything else is skipped unread. Immutable; several threads may decode at once, each into
/// its own writer.
/// </summary>
/// <remarks>
/// A number is written as the shortest text that gives it back, so a double of the record is the same double in the row. A decimal keeps its digits. A
/// timestamp is written in the first of unix-milliseconds, iso-8601, yyyy-MM-dd HH:mm:ss and unix-seconds that its field has among its formats, and as
/// milliseconds where it has none of them; a date as yyyy-MM-dd; an enum as its symbol. Bytes and fixed that are no decimal, arrays and maps are no values of a
/// payment: such a field is missing.
/// </remarks>
public sealed class AvroDecoder
{
    /// <summary>Values within values: a recursive type could nest without end.</summary>
    const int DeepestNesting = 64;

    /// <summary>Bytes of a decimal; 1,000 digits have 416.</summary>
    const int LongestDecimal = 512;

    readonly Step _root;
    readonly JsonEncodedText[] _names;
    readonly TimeFormatKind?[] _timestamps;

    AvroDecoder(AvroType type, TransactionSchema schema)
    {
        _names = [.. schema.Fields.Select(field => JsonEncodedText.Encode(field.Name))];
        _timestamps = [.. schema.Fields.Select(TimestampOf)];
        _root = new Step(type, -1, [.. schema.Fields.Select((field, index) => ((field.From ?? field.Name).Split('.'), index))], 0);
    }

    /// <summary>Makes the decoder of a writer's schema.</summary>
    /// <param name="writer">The Avro schema, in JSON.</param>
    /// <param name="references">The schemas that it refers to, each after those that it refers to itself.</param>
    /// <param name="schema">The payment's schema.</param>
    /// <exception cref="AvroSchemaException">The writer's schema is none, or not that of a record.</exception>
    public static AvroDecoder Create(string writer, IEnumerable<string> references, TransactionSchema schema)
    {
        var type = AvroType.Parse(writer, references);
        return type.Kind is AvroKind.Record or AvroKind.Union
            ? new AvroDecoder(type, schema)
            : throw new AvroSchemaException($"it is that of a {type.Kind.ToString().ToLowerInvariant()}; a payment is a record");
    }

    /// <summary>Writes the record as a flat JSON object.</summary>
    /// <param name="record">The bytes of one record, without header.</param>
    /// <param name="into">Receives the object; what it has after a refusal is to be dropped.</param>
    /// <returns>Null, or why the bytes are no record of the writer's schema.</returns>
    public RejectReason? Decode(ReadOnlySpan<byte> record, Utf8JsonWriter into)
    {
        var cursor = new AvroCursor(record);
        into.WriteStartObject();
        Read(_root, ref cursor, into, 0);
        into.WriteEndObject();
        return cursor.IsDamaged ? new(RejectCodes.NotAvro, "the record's bytes are not of its Avro schema")
            : cursor.IsAtEnd ? null
            : new(RejectCodes.NotAvro, "the record has more bytes than its Avro schema says");
    }

    void Read(Step step, ref AvroCursor cursor, Utf8JsonWriter into, int depth)
    {
        if (step.IsSkipped || depth > DeepestNesting)
            Skip(step.Type, ref cursor, depth);
        else if (!cursor.Step())
            return;
        else if (step.Type.Kind == AvroKind.Record)
        {
            foreach (var field in step.Parts)
                Read(field, ref cursor, into, depth + 1);
        }
        else if (step.Type.Kind != AvroKind.Union)
            Write(step, ref cursor, into);
        else if (cursor.Long() is var branch && (ulong)branch < (ulong)step.Parts.Length)
            Read(step.Parts[branch], ref cursor, into, depth + 1);
        else
            cursor.Fail();
    }

    void Write(Step step, ref AvroCursor cursor, Utf8JsonWriter into)
    {
        var (type, name) = (step.Type, _names[step.Field]);
        switch (type.Kind)
        {
            case AvroKind.Boolean:
                into.WriteBoolean(name, cursor.Boolean());
                break;
            case AvroKind.Int or AvroKind.Long:
                WriteWhole(step, cursor.Long(), into);
                break;
            case AvroKind.Float:
                WriteNumber(name, cursor.Float(), into);
                break;
            case AvroKind.Double:
                WriteNumber(name, cursor.Double(), into);
                break;
            case AvroKind.String:
                var text = cursor.Bytes();
                if (System.Text.Unicode.Utf8.IsValid(text))
                    into.WriteString(name, text);
                else
                    cursor.Fail();
                break;
            case AvroKind.Enum:
                var symbol = cursor.Long();
                if ((ulong)symbol < (ulong)type.Symbols.Length)
                    into.WriteString(name, type.Symbols[symbol]);
                else
                    cursor.Fail();
                break;
            case AvroKind.Bytes or AvroKind.Fixed:
                var bytes = type.Kind == AvroKind.Fixed ? cursor.Take(type.Size) : cursor.Bytes();
                if (type.Logical == AvroLogical.Decimal && bytes.Length > LongestDecimal)
                    cursor.Fail();
                else if (type.Logical == AvroLogical.Decimal)
                    WriteDecimal(name, bytes, type.Scale, into);
                break;
        }
    }

    void WriteWhole(Step step, long value, Utf8JsonWriter into)
    {
        var name = _names[step.Field];
        if (step.Type.Logical == AvroLogical.Date)
        {
            if (value is >= -719_162 and <= 2_932_896)
                into.WriteString(name, DateOnly.FromDayNumber((int)value + 719_162).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
            else
                into.WriteNumber(name, value);
            return;
        }

        if (step.Type.Logical == AvroLogical.None)
        {
            into.WriteNumber(name, value);
            return;
        }

        var milliseconds = step.Type.Logical == AvroLogical.TimestampMicroseconds ? Math.DivRem(value, 1000).Quotient : value;
        if (milliseconds is < TimeFormat.Earliest or > TimeFormat.Latest || _timestamps[step.Field] is not { } format)
            into.WriteNumber(name, milliseconds);
        else if (format == TimeFormatKind.UnixSeconds)
            into.WriteNumber(name, milliseconds / 1000m);
        else
        {
            var time = DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
            into.WriteString(name, time.ToString(format == TimeFormatKind.Iso8601 ? "yyyy-MM-ddTHH:mm:ss.fffZ" : "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture));
        }
    }

    /// <summary>JSON has no text for what is not finite: it is written so that the reader refuses it as it does elsewhere.</summary>
    static void WriteNumber(JsonEncodedText name, double value, Utf8JsonWriter into)
    {
        if (double.IsFinite(value))
            into.WriteNumber(name, value);
        else
            into.WriteString(name, value.ToString(CultureInfo.InvariantCulture));
    }

    static void WriteNumber(JsonEncodedText name, float value, Utf8JsonWriter into)
    {
        if (float.IsFinite(value))
            into.WriteNumber(name, value);
        else
            into.WriteString(name, value.ToString(CultureInfo.InvariantCulture));
    }

    static void WriteDecimal(JsonEncodedText name, ReadOnlySpan<byte> bytes, int scale, Utf8JsonWriter into)
    {
        var unscaled = new BigInteger(bytes, isUnsigned: false, isBigEndian: true);
        var digits = BigInteger.Abs(unscaled).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        var text = scale == 0 ? digits : $"{digits[..^scale]}.{digits[^scale..]}";
        into.WritePropertyName(name);
        into.WriteRawValue(unscaled.Sign < 0 ? $"-{text}" : text, skipInputValidation: true);
    }

    static void Skip(AvroType type, ref AvroCursor cursor, int depth)
    {
        if (depth > DeepestNesting || !cursor.Step())
        {
            cursor.Fail();
            return;
        }

        switch (type.Kind)
        {
            case AvroKind.Null:
                break;
            case AvroKind.Boolean:
                cursor.Take(1);
                break;
            case AvroKind.Int or AvroKind.Long or AvroKind.Enum:
                cursor.Long();
                break;
            case AvroKind.Float:
                cursor.Take(4);
                break;
            case AvroKind.Double:
                cursor.Take(8);
                break;
            case AvroKind.Bytes or AvroKind.String:
                cursor.Bytes();
                break;
            case AvroKind.Fixed:
                cursor.Take(type.Size);
                break;
            case AvroKind.Record:
                foreach (var field in type.Parts)
                    Skip(field, ref cursor, depth + 1);
                break;
            case AvroKind.Union:
                var branch = cursor.Long();
                if ((ulong)branch < (ulong)type.Parts.Length)
                    Skip(type.Parts[branch], ref cursor, depth + 1);
                else
                    cursor.Fail();
                break;
            default:
                SkipBlocks(type, ref cursor, depth);
                break;
        }
    }

    /// <summary>Blocks of items until an empty one; a negative count is followed by the block's size, so that it need not be read.</summary>
    static void SkipBlocks(AvroType type, ref AvroCursor cursor, int depth)
    {
        while (cursor.Long() is var count and not 0 && !cursor.IsDamaged)
        {
            if (count < 0)
            {
                cursor.Take(cursor.Long());
                continue;
            }

            for (var item = 0L; item < count && !cursor.IsDamaged; item++)
            {
                var at = cursor.At;
                if (type.Kind == AvroKind.Map)
                    cursor.Bytes();
                Skip(type.Parts[0], ref cursor, depth + 1);

                // Where one item has no bytes, such as null, none has.
                if (cursor.At == at)
                    break;
            }
        }
    }

    static TimeFormatKind? TimestampOf(SchemaField field)
    {
        TimeFormatKind[] wanted = [TimeFormatKind.UnixMilliseconds, TimeFormatKind.Iso8601, TimeFormatKind.DateTime, TimeFormatKind.UnixSeconds];
        var kind = wanted.Where(kind => field.TimeFormats.Any(format => format.Kind == kind)).Cast<TimeFormatKind?>().FirstOrDefault();
        return kind == TimeFormatKind.UnixMilliseconds ? null : kind;
    }

    /// <summary>A type of the writer's schema, and which fields of the payment its value is or holds.</summary>
    sealed class Step
    {
        /// <param name="type">The writer's type.</param>
        /// <param name="field">The field that the value is; -1: none.</param>
        /// <param name="paths">Of the fields that lie in the value.</param>
        /// <param name="depth">How many names of the paths led here.</param>
        internal Step(AvroType type, int field, ImmutableArray<(string[] Path, int Field)> paths, int depth)
        {
            (Type, Field) = (type, field);
            Parts = type.Kind switch
            {
                AvroKind.Union when field >= 0 || !paths.IsEmpty => [.. type.Parts.Select(branch => new Step(branch, field, paths, depth))],
                AvroKind.Record when !paths.IsEmpty => [.. type.Names.Zip(type.Parts, (name, part) => Of(name, part, paths, depth))],
                _ => [],
            };
        }

        internal AvroType Type { get; }

        internal int Field { get; }

        /// <summary>The branches of a union, the fields of a record.</summary>
        internal Step[] Parts { get; }

        /// <summary>Nothing of the value is wanted.</summary>
        internal bool IsSkipped => Parts.Length == 0 && (Field < 0 || Type.Kind is AvroKind.Record or AvroKind.Array or AvroKind.Map or AvroKind.Union);

        static Step Of(string name, AvroType part, ImmutableArray<(string[] Path, int Field)> paths, int depth)
        {
            ImmutableArray<(string[] Path, int Field)> below = [.. paths.Where(path => path.Path[depth] == name)];
            return below.FirstOrDefault(path => path.Path.Length == depth + 1) is { Path: not null } found ? new Step(part, found.Field, [], depth + 1) : new Step(part, -1, below, depth + 1);
        }
    }
}
