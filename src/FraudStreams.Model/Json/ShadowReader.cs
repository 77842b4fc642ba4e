using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Json;

/// <summary>
/// Reads records of topic `shadow`: one UTF-8 JSON object each (<see cref="ShadowScore.Write"/>), at most 64 KiB. Further fields are ignored. Thread-safe.
/// </summary>
public static class ShadowReader
{
    const int LongestRecord = 64 * 1024;

    /// <summary>Parses a record. Never throws because of a record's content.</summary>
    /// <param name="record">The record's bytes.</param>
    /// <param name="score">What it says; null if the record was rejected.</param>
    /// <param name="reason">Why the record was rejected; null if it was not. Never quotes a value.</param>
    public static bool TryRead(ReadOnlyMemory<byte> record, [NotNullWhen(true)] out ShadowScore? score, [NotNullWhen(false)] out RejectReason? reason)
    {
        score = null;
        if (record.Length > LongestRecord)
        {
            reason = JsonRecord.TooLong(record.Length, LongestRecord);
            return false;
        }

        try
        {
            using var json = JsonDocument.Parse(record);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
            {
                reason = new(RejectCodes.NotAnObject, "the record is not a JSON object");
                return false;
            }

            var fields = new Fields(json.RootElement);
            var found = new ShadowScore(
                fields.Text("id", Label.LongestId), fields.Time("event_time"), fields.Text("model_version", ShadowScore.LongestVersion), fields.Share("score"),
                fields.Decision("prediction"), fields.Share("threshold"), fields.Text("champion_version", ShadowScore.LongestVersion), fields.Share("champion_score"),
                fields.Decision("champion_prediction"), fields.Time("scored_at"))
            {
                Reasons = fields.Array("reasons"),
            };
            reason = fields.Problems;
            score = reason is null ? found : null;
            return score is not null;
        }
        catch (JsonException)
        {
            reason = new(RejectCodes.NotJson, "the record is not JSON");
            return false;
        }
        catch (InvalidOperationException)
        {
            // JsonElement throws this if a text is not UTF-8, or an escape in it is half of a surrogate pair.
            reason = new(RejectCodes.NotUtf8, "the record has a text that is not UTF-8");
            return false;
        }
    }

    /// <summary>The values of one record, and what is wrong with them.</summary>
    sealed class Fields(JsonElement record)
    {
        public RejectReason? Problems { get; private set; }

        public string Text(string name, int longest)
        {
            if (Find(name, JsonValueKind.String, "a text") is not { } value)
                return "";
            var text = value.GetString()!;
            if (text.Length == 0)
                Reject(RejectCodes.EmptyField, $"{name}: is empty");
            else if (Encoding.UTF8.GetByteCount(text) > longest)
                Reject(RejectCodes.TooLong, $"{name}: has more than {longest:N0} bytes");
            else if (text.AsSpan().ContainsAnyInRange('\0', '\x1f'))
                Reject(RejectCodes.WrongType, $"{name}: has a control character");
            return text;
        }

        public long Time(string name)
        {
            var value = Find(name, JsonValueKind.String, "a time");
            if (value is null)
                return 0;
            if (TimeText.TryParse(TimeFormat.Iso8601, Encoding.UTF8.GetBytes(value.Value.GetString()!), out var time) && time is >= TimeFormat.Earliest and <= TimeFormat.Latest)
                return time;
            Reject(RejectCodes.NotATime, $"{name}: is not a time as {TimeFormat.Iso8601}, in the years 1800 to 2199");
            return 0;
        }

        /// <summary>0 to 1.</summary>
        public double Share(string name)
        {
            if (Find(name, JsonValueKind.Number, "a number") is not { } value)
                return 0;
            if (value.TryGetDouble(out var number) && number is >= 0 and <= 1)
                return number;
            Reject(RejectCodes.WrongType, $"{name}: is not in 0 to 1");
            return 0;
        }

        public bool Decision(string name)
        {
            if (Find(name, JsonValueKind.Number, "0 or 1") is not { } value)
                return false;
            if (value.TryGetInt32(out var number) && number is 0 or 1)
                return number == 1;
            Reject(RejectCodes.WrongType, $"{name}: is neither 0 nor 1");
            return false;
        }

        /// <summary>Its JSON; null where there is none.</summary>
        public string? Array(string name) =>
            record.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0 ? value.GetRawText() : null;

        JsonElement? Find(string name, JsonValueKind kind, string wanted)
        {
            if (!record.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
                Reject(RejectCodes.MissingField, $"{name}: is missing");
            else if (value.ValueKind != kind)
                Reject(RejectCodes.WrongType, $"{name}: is not {wanted}");
            else
                return value;
            return null;
        }

        void Reject(string code, string message) => Problems = Problems.And(new RejectReason(code, message));
    }
}
