using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Api.Protocols;

/// <summary>What is wrong with a payment, in words that hold nothing of it: the reason of a rejected record may quote a value.</summary>
static class RejectMessage
{
    /// <returns>The field of the schema, or null where it is the whole payment; and the message.</returns>
    public static (string? Field, string Message) Of(RejectReason reason, TransactionSchema schema)
    {
        var colon = reason.Message.IndexOf(": ", StringComparison.Ordinal);
        var field = colon > 0 ? schema.IndexOf(reason.Message[..colon]) : -1;
        if (field < 0)
            return (null, OfPayment(reason));
        return (schema.Fields[field].Name, OfField(reason.Code, schema.Fields[field], isLabel: field == schema.LabelField));
    }

    static string OfField(string code, SchemaField field, bool isLabel) => code switch
    {
        RejectCodes.MissingField => "is missing",
        RejectCodes.EmptyField => "is empty",
        RejectCodes.DuplicateField => "appears twice",
        RejectCodes.NestedValue => "is an object or a list, not one value",
        RejectCodes.NotFinite => "is NaN or infinite, not a finite number",
        RejectCodes.LabelNotBinary => "is not a label; 1 is fraud, 0 is not",
        RejectCodes.WrongType when isLabel => "is not a label; 1 is fraud, 0 is not",
        RejectCodes.WrongType => field.Type switch
        {
            FieldType.Number => "is not a number",
            FieldType.Integer => "is not a whole number",
            FieldType.Time => "is not a time",
            _ => "is not a text",
        },
        RejectCodes.NotATime => "is not a time in a form that the schema names",
        RejectCodes.TimeOutOfRange => "is a time outside the years 1800 to 2199",
        RejectCodes.DamagedNumber => "is not the digits that it must be, or too few or too many of them",
        RejectCodes.TooLong => "is too long",
        RejectCodes.NotUtf8 => "is not UTF-8 text",
        _ => $"cannot be read ({code})",
    };

    static string OfPayment(RejectReason reason) => reason.Code switch
    {
        RejectCodes.NotJson => "is not JSON",
        RejectCodes.NotAnObject => "is not a JSON object",
        RejectCodes.Truncated => "ends before its JSON object does",
        RejectCodes.ColumnCount => "has more or fewer columns than the header",
        RejectCodes.OpenQuote => "has a quote that is never closed",
        // These name limits, places and words of the program only.
        RejectCodes.TooLong or RejectCodes.TooDeep or RejectCodes.ReservedField or RejectCodes.UnknownField or RejectCodes.NotUtf8 => reason.Message,
        _ => $"cannot be read ({reason.Code})",
    };
}
