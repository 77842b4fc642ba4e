using System.Text;
using System.Text.Unicode;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Json;

/// <summary>
/// Parses the four values of a label, by the same rules for topic records and CSV files. Messages say what would be valid and never quote the
/// value, because shifted columns can put any text in any field.
/// </summary>
ref struct LabelText
{
    internal static readonly string[] Names = ["id", "true_value", "confirmed_at", "confirmed_by"];

    static readonly TimeFormat[] TimeFormats = [TimeFormat.Iso8601, TimeFormat.DateTime, TimeFormat.Date];

    string? _id;
    bool? _fraud;
    long? _confirmedAt;
    string? _confirmedBy;

    internal RejectReason? Problems { get; private set; }

    /// <summary>The label if all values are valid; otherwise null, and <see cref="Problems"/> says why.</summary>
    internal readonly Label? Label => Problems is null ? new Label(_id!, _fraud!.Value, _confirmedAt!.Value, _confirmedBy!) : null;

    /// <summary>Sets the value of one of <see cref="Names"/>.</summary>
    internal void Set(int name, ReadOnlySpan<byte> text)
    {
        switch (name)
        {
            case 0:
                _id = Text("id", text, Json.Label.LongestId);
                break;
            case 1:
                _fraud = text.SequenceEqual("1"u8) ? true : text.SequenceEqual("0"u8) ? false : null;
                if (_fraud is null)
                    Reject(RejectCodes.LabelNotBinary, "true_value: is not a label; 1 is fraud, 0 is not");
                break;
            case 2:
                _confirmedAt = Time(text);
                break;
            default:
                _confirmedBy = Text("confirmed_by", text, Json.Label.LongestName);
                break;
        }
    }

    internal void Reject(string code, string message) => Problems = Problems.And(new RejectReason(code, message));

    long? Time(ReadOnlySpan<byte> text)
    {
        foreach (var format in TimeFormats)
        {
            if (!TimeText.TryParse(format, text, out var time))
                continue;
            if (time is >= TimeFormat.Earliest and <= TimeFormat.Latest)
                return time;
            Reject(RejectCodes.TimeOutOfRange, "confirmed_at: lies outside the years 1800 to 2199");
            return null;
        }
        Reject(RejectCodes.NotATime, $"confirmed_at: is not a time as {string.Join(" or ", TimeFormats)}");
        return null;
    }

    string? Text(string name, ReadOnlySpan<byte> text, int longest)
    {
        text = text.Trim((byte)' ');
        if (text.IsEmpty)
            Reject(RejectCodes.EmptyField, $"{name}: is empty");
        else if (text.Length > longest)
            Reject(RejectCodes.TooLong, $"{name}: has {text.Length:N0} bytes; at most {longest:N0} are possible");
        else if (!Utf8.IsValid(text))
            Reject(RejectCodes.NotUtf8, $"{name}: is not UTF-8 text");
        else if (text.ContainsAnyInRange((byte)0, (byte)31))
            Reject(RejectCodes.WrongType, $"{name}: has a control character");
        else
            return Encoding.UTF8.GetString(text);
        return null;
    }
}
