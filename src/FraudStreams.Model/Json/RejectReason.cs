namespace FraudStreams.Model.Json;

/// <summary>
/// Why a record cannot be scored, for people (<paramref name="Message"/>, free of secret values) and for counting (<paramref
/// name="Code"/>).
/// </summary>
/// <param name="Code">One of <see cref="RejectCodes"/>; stable across versions.</param>
/// <param name="Message">Begins with the field that is wrong, where one is; several are set apart by semicolons.</param>
public sealed record RejectReason(string Code, string Message);

static class RejectReasons
{
    /// <summary>What a record made to annoy could otherwise make of it: a megabyte of one repeated field.</summary>
    const int LongestMessage = 600;

    /// <summary>Both: a record is told what is wrong with its fields, within reason, and counted under what was found first.</summary>
    internal static RejectReason And(this RejectReason? first, RejectReason next) =>
        first is null ? next
        : first.Message.Length > LongestMessage ? first
        : first with { Message = $"{first.Message}; {next.Message}" };
}

public static class RejectCodes
{
    public const string NotJson = "not-json";
    public const string NotAnObject = "not-an-object";
    public const string NotUtf8 = "not-utf8";
    public const string Truncated = "truncated";
    public const string TooLong = "too-long";
    public const string TooDeep = "too-deep";
    public const string MissingField = "missing-field";
    public const string EmptyField = "empty-field";
    public const string DuplicateField = "duplicate-field";
    public const string ReservedField = "reserved-field";
    public const string NestedValue = "nested-value";
    public const string WrongType = "wrong-type";
    public const string NotFinite = "not-finite";
    public const string NotATime = "not-a-time";
    public const string TimeOutOfRange = "time-out-of-range";
    public const string DamagedNumber = "damaged-number";
    public const string LabelNotBinary = "label-not-binary";
    public const string ColumnCount = "column-count";
    public const string OpenQuote = "open-quote";
    public const string NotStorable = "not-storable";
}
