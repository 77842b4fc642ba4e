using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Unicode;

namespace FraudStreams.Model.Json;

/// <summary>
/// Reads records of topic `labels`: one UTF-8 JSON object each (<see cref="Label.Write"/>), at most 64 KiB. Further fields are ignored. Thread-safe.
/// </summary>
public static class LabelReader
{
    const int LongestRecord = 64 * 1024;

    /// <summary>
    /// Parses a record. Never throws because of a record's content.
    /// </summary>
    /// <param name="record">The record's bytes.</param>
    /// <param name="label">The label; null if the record was rejected.</param>
    /// <param name="reason">Why the record was rejected; null if it is a label.</param>
    /// <returns>Whether it is a label.</returns>
    public static bool TryRead(ReadOnlySpan<byte> record, [NotNullWhen(true)] out Label? label, [NotNullWhen(false)] out RejectReason? reason)
    {
        label = null;
        reason = record.Length > LongestRecord ? JsonRecord.TooLong(record.Length, LongestRecord)
            : !Utf8.IsValid(record) ? new(RejectCodes.NotUtf8, "the record is not UTF-8 text")
            : null;
        if (reason is not null)
            return false;
        var text = new LabelText();
        try
        {
            Read(record, ref text);
        }
        catch (JsonException)
        {
            reason = new(RejectCodes.NotJson, "the record is not JSON");
            return false;
        }
        reason = text.Problems;
        label = text.Label;
        return label is not null;
    }

    static void Read(ReadOnlySpan<byte> record, ref LabelText text)
    {
        var json = new Utf8JsonReader(record);
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            text.Reject(RejectCodes.NotAnObject, "the record is not a JSON object");
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
                text.Reject(RejectCodes.DuplicateField, $"{LabelText.Names[name]}: appears twice");
            seen |= 1 << name;
            ReadValue(ref json, name, ref text);
        }
        // Throws if anything but white space follows the object.
        json.Read();
        for (var name = 0; name < LabelText.Names.Length; name++)
        {
            if ((seen & (1 << name)) == 0)
                text.Reject(RejectCodes.MissingField, $"{LabelText.Names[name]}: is missing");
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

    static void ReadValue(ref Utf8JsonReader json, int name, ref LabelText text)
    {
        if (json.TokenType is not (JsonTokenType.String or JsonTokenType.Number))
        {
            text.Reject(
                json.TokenType == JsonTokenType.Null ? RejectCodes.MissingField : RejectCodes.WrongType,
                $"{LabelText.Names[name]}: is not a text or a number");
            json.Skip();
            return;
        }
        if (!json.ValueIsEscaped)
        {
            text.Set(name, json.ValueSpan);
            return;
        }
        try
        {
            var unescaped = new byte[json.ValueSpan.Length];
            text.Set(name, unescaped.AsSpan(0, json.CopyString(unescaped)));
        }
        catch (InvalidOperationException)
        {
            // Utf8JsonReader throws this if an escape is half of a surrogate pair.
            text.Reject(RejectCodes.NotUtf8, $"{LabelText.Names[name]}: has an escape that is half a character");
        }
    }
}
