using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;

namespace FraudStreams.Model.Models.Import;

/// <summary>
/// Turns what XGBoost writes into JSON of the standard: its UBJSON (Universal Binary JSON, draft 12), and its JSON with bare NaN and Infinity. Numbers that
/// JSON does not have become the texts "NaN", "Infinity" and "-Infinity".
/// </summary>
ref struct UbjsonReader
{
    const int DeepestNesting = 64;

    readonly ReadOnlySpan<byte> _bytes;
    readonly Utf8JsonWriter _json;
    int _at;

    UbjsonReader(ReadOnlySpan<byte> bytes, Utf8JsonWriter json)
    {
        _bytes = bytes;
        _json = json;
    }

    /// <summary>In UBJSON an object goes on with the type of the length of its first key, in JSON with a quote, white space or its end.</summary>
    public static bool IsUbjson(ReadOnlySpan<byte> start) => start.Length > 1 && start[0] == '{' && "iUIlL$#"u8.Contains(start[1]);

    /// <exception cref="ModelFormatException">The file is truncated or no UBJSON.</exception>
    public static ReadOnlyMemory<byte> ToJson(ReadOnlyMemory<byte> file)
    {
        var text = new ArrayBufferWriter<byte>(file.Length * 2);
        using var json = new Utf8JsonWriter(text);
        var reader = new UbjsonReader(file.Span, json);
        try
        {
            reader.Value(reader.Byte(), 0);
            json.Flush();
        }
        catch (ArgumentException e)
        {
            throw new ModelFormatException($"its UBJSON has a text that is not UTF-8: {e.Message}", e);
        }

        return text.WrittenMemory;
    }

    /// <summary>Puts numbers that JSON does not have into quotes.</summary>
    public static ReadOnlyMemory<byte> WithoutBareNumbers(ReadOnlyMemory<byte> file)
    {
        var json = file.Span;
        var inText = false;
        ArrayBufferWriter<byte>? written = null;
        var copied = 0;
        for (var at = 0; at < json.Length; at++)
        {
            switch (json[at])
            {
                case (byte)'\\' when inText:
                    at++;
                    break;
                case (byte)'"':
                    inText = !inText;
                    break;
                case (byte)'N' or (byte)'I' or (byte)'-' when !inText && BareNumber(json[at..]) is > 0 and var length:
                    written ??= new ArrayBufferWriter<byte>(json.Length + 1024);
                    written.Write(json[copied..at]);
                    written.Write("\""u8);
                    written.Write(json.Slice(at, length));
                    written.Write("\""u8);
                    copied = at + length;
                    at = copied - 1;
                    break;
            }
        }

        if (written is null)
            return file;
        written.Write(json[copied..]);
        return written.WrittenMemory;
    }

    static int BareNumber(ReadOnlySpan<byte> json) =>
        json.StartsWith("NaN"u8) ? 3 : json.StartsWith("Infinity"u8) ? 8 : json.StartsWith("-Infinity"u8) ? 9 : json.StartsWith("-NaN"u8) ? 4 : 0;

    void Value(byte type, int depth)
    {
        if (depth > DeepestNesting)
            throw new ModelFormatException($"it is no UBJSON of XGBoost: objects lie within each other {DeepestNesting} deep and more");
        switch (type)
        {
            case (byte)'{':
                Object(depth);
                break;
            case (byte)'[':
                Array(depth);
                break;
            case (byte)'S':
                _json.WriteStringValue(Take(Length()));
                break;
            case (byte)'Z':
                _json.WriteNullValue();
                break;
            case (byte)'T' or (byte)'F':
                _json.WriteBooleanValue(type == 'T');
                break;
            case (byte)'d':
                var single = BinaryPrimitives.ReadSingleBigEndian(Take(4));
                if (float.IsFinite(single))
                    _json.WriteNumberValue(single);
                else
                    Text(single);
                break;
            case (byte)'D':
                var number = BinaryPrimitives.ReadDoubleBigEndian(Take(8));
                if (double.IsFinite(number))
                    _json.WriteNumberValue(number);
                else
                    Text(number);
                break;
            case (byte)'C':
                _json.WriteStringValue(Take(1));
                break;
            default:
                _json.WriteNumberValue(Whole(type));
                break;
        }
    }

    readonly void Text(double number) => _json.WriteStringValue(double.IsNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity");

    void Object(int depth)
    {
        _json.WriteStartObject();
        var (type, count) = Size();
        for (var i = 0L; count < 0 ? Peek() != '}' : i < count; i++)
        {
            _json.WritePropertyName(Take(Length()));
            Value(type == 0 ? Byte() : type, depth + 1);
        }

        if (count < 0)
            _at++;
        _json.WriteEndObject();
    }

    void Array(int depth)
    {
        _json.WriteStartArray();
        var (type, count) = Size();
        for (var i = 0L; count < 0 ? Peek() != ']' : i < count; i++)
            Value(type == 0 ? Byte() : type, depth + 1);
        if (count < 0)
            _at++;
        _json.WriteEndArray();
    }

    /// <summary>The type that all elements have, or 0, and their number, or −1 where a bracket ends them.</summary>
    (byte Type, long Count) Size()
    {
        byte type = 0;
        if (Peek() == '$')
        {
            _at++;
            type = Byte();
            // Numbers alone: of these each takes a byte or more, so that no file says more than it holds.
            if (Peek() != '#' || !"iUIlLdD"u8.Contains(type))
                throw Damaged();
        }

        if (Peek() != '#')
            return (type, -1);
        _at++;
        return (type, Length());
    }

    int Length() => Whole(Byte()) is >= 0 and <= int.MaxValue and var length ? (int)length : throw Damaged();

    long Whole(byte type) => type switch
    {
        (byte)'i' => (sbyte)Byte(),
        (byte)'U' => Byte(),
        (byte)'I' => BinaryPrimitives.ReadInt16BigEndian(Take(2)),
        (byte)'l' => BinaryPrimitives.ReadInt32BigEndian(Take(4)),
        (byte)'L' => BinaryPrimitives.ReadInt64BigEndian(Take(8)),
        _ => throw Damaged(),
    };

    readonly byte Peek() => _at < _bytes.Length ? _bytes[_at] : throw Damaged();

    byte Byte() => Take(1)[0];

    ReadOnlySpan<byte> Take(int count)
    {
        if (count > _bytes.Length - _at)
            throw Damaged();
        _at += count;
        return _bytes.Slice(_at - count, count);
    }

    readonly ModelFormatException Damaged() => new(
        _at >= _bytes.Length ? "its UBJSON ends early: the file is truncated" : $"its UBJSON has a byte {_bytes[_at]} at {_at} that does not belong there");
}
