using System.Text.Json;
using System.Text.Unicode;

namespace FraudStreams.Model.Json;

/// <summary>Reads the records of topic `labels`: one flat UTF-8 JSON object each (<see cref="Label.Write"/>), further fields left alone.</summary>
public static class LabelReader
{
    const int LongestRecord = 64 * 1024;

    /// <summary>
    /// The label; or null and the reason why the record is none. Never throws over what a record holds.
    /// </summary>
    public static Label? TryRead(ReadOnlySpan<byte> record, out RejectReason? reason)
    {
        reason = record.Length > LongestRecord ? JsonRecord.TooLong(record.Length, LongestRecord)
            : !Utf8.IsValid(record) ? new(RejectCodes.NotUtf8, "the record is not UTF-8 text")
            : null;
        if (reason is not null)
            return null;
        var text = new LabelText();
        try
        {
            Read(record, ref text);
        }
        catch (JsonException)
        {
            reason = new(RejectCodes.NotJson, "the record is not JSON");
            return null;
        }
        reason = text.Problems;
        return text.Label;
    }

    static void Read(ReadOnlySpan<byte> record, ref LabelText text)
    {
        var json = new Utf8JsonReader(record);
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            text.Refuse(RejectCodes.NotAnObject, "the record is not a JSON object");
            return;
        }
        var seen = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = NameOf(ref json);
            json.Read();
            if (name < 0)
            {
                json.Skip();
                continue;
            }
            if ((seen & (1 << name)) != 0)
                text.Refuse(RejectCodes.DuplicateField, $"{LabelText.Names[name]}: is there twice");
            seen |= 1 << name;
            Take(ref json, name, ref text);
        }
        // Anything but white space after the object throws here.
        json.Read();
        for (var name = 0; name < LabelText.Names.Length; name++)
        {
            if ((seen & (1 << name)) == 0)
                text.Refuse(RejectCodes.MissingField, $"{LabelText.Names[name]}: is missing");
        }
    }

    static int NameOf(ref Utf8JsonReader json)
    {
        for (var name = 0; name < LabelText.Names.Length; name++)
        {
            if (json.ValueTextEquals(LabelText.Names[name]))
                return name;
        }
        return -1;
    }

    static void Take(ref Utf8JsonReader json, int name, ref LabelText text)
    {
        if (json.TokenType is not (JsonTokenType.String or JsonTokenType.Number))
        {
            text.Refuse(
                json.TokenType == JsonTokenType.Null ? RejectCodes.MissingField : RejectCodes.WrongType,
                $"{LabelText.Names[name]}: is not a text or a number");
            json.Skip();
            return;
        }
        if (!json.ValueIsEscaped)
        {
            text.Take(name, json.ValueSpan);
            return;
        }
        try
        {
            var unescaped = new byte[json.ValueSpan.Length];
            text.Take(name, unescaped.AsSpan(0, json.CopyString(unescaped)));
        }
        catch (InvalidOperationException)
        {
            // How the reader says that an escape is one half of a surrogate pair.
            text.Refuse(RejectCodes.NotUtf8, $"{LabelText.Names[name]}: has an escape that is half a character");
        }
    }
}
