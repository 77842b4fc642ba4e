namespace FraudStreams.Model.Json;

/// <summary>
/// Why a record was rejected: a code to count by (<paramref name="Code"/>) and a message to read (<paramref name="Message"/>).
/// </summary>
/// <param name="Code">One of <see cref="RejectCodes"/>, for the first problem found; stable across versions.</param>
/// <param name="Message">Starts with the name of the invalid field, if there is one; several problems are separated by semicolons. Contains no
/// secret values.</param>
public sealed record RejectReason(string Code, string Message);

static class RejectReasons
{
    /// <summary>No more is appended to a longer message: a hostile record may repeat a field a million times.</summary>
    const int LongestMessage = 600;

    /// <summary>Combines two reasons: the messages are joined, up to a length, and the first code is kept.</summary>
    internal static RejectReason And(this RejectReason? first, RejectReason next) =>
        first is null ? next
        : first.Message.Length > LongestMessage ? first
        : first with { Message = $"{first.Message}; {next.Message}" };
}

/// <summary>The codes of <see cref="RejectReason"/>. They are stored and counted by, so they never change.</summary>
public static class RejectCodes
{
    /// <summary>The record is not JSON, or is empty.</summary>
    public const string NotJson = "not-json";

    /// <summary>The record is JSON, but not an object.</summary>
    public const string NotAnObject = "not-an-object";

    /// <summary>The record, or an escape in it, is not valid UTF-8 text.</summary>
    public const string NotUtf8 = "not-utf8";

    /// <summary>The record ends before its JSON object does.</summary>
    public const string Truncated = "truncated";

    /// <summary>The record or a value is longer than allowed.</summary>
    public const string TooLong = "too-long";

    /// <summary>The record nests more than 32 levels deep.</summary>
    public const string TooDeep = "too-deep";

    /// <summary>A required field is missing or null.</summary>
    public const string MissingField = "missing-field";

    /// <summary>A required field is empty or blank.</summary>
    public const string EmptyField = "empty-field";

    /// <summary>A field appears twice.</summary>
    public const string DuplicateField = "duplicate-field";

    /// <summary>A field has one of <see cref="Schemas.TransactionSchema.ReservedNames"/>.</summary>
    public const string ReservedField = "reserved-field";

    /// <summary>A field is not one of the schema's, where only those are taken.</summary>
    public const string UnknownField = "unknown-field";

    /// <summary>A field is an object or an array.</summary>
    public const string NestedValue = "nested-value";

    /// <summary>A value is not of its field's type.</summary>
    public const string WrongType = "wrong-type";

    /// <summary>A number is NaN or infinite.</summary>
    public const string NotFinite = "not-finite";

    /// <summary>A value is not a time in any of its field's formats.</summary>
    public const string NotATime = "not-a-time";

    /// <summary>A time is outside the years 1800 to 2199.</summary>
    public const string TimeOutOfRange = "time-out-of-range";

    /// <summary>A text that must be digits, such as a card number, is not, or has too few or too many.</summary>
    public const string DamagedNumber = "damaged-number";

    /// <summary>A label is neither 0 nor 1.</summary>
    public const string LabelNotBinary = "label-not-binary";

    /// <summary>A CSV line has more or fewer columns than the header.</summary>
    public const string ColumnCount = "column-count";

    /// <summary>A quote in a CSV line is never closed.</summary>
    public const string OpenQuote = "open-quote";

    /// <summary>The schema registry has no schema of the record's id, or one of a kind that is not read.</summary>
    public const string UnknownSchema = "unknown-schema";

    /// <summary>The record's bytes are none of its Avro schema.</summary>
    public const string NotAvro = "not-avro";

    /// <summary>The store cannot hold the record.</summary>
    public const string NotStorable = "not-storable";
}
