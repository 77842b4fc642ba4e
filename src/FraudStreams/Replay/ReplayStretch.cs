using System.Globalization;
using FraudStreams.Messaging;
using FraudStreams.Model.Schemas;
using FraudStreams.Storage;

namespace FraudStreams.Replay;

/// <summary>Payments by their event time: from one moment up to, not including, another.</summary>
public sealed record ReplayStretch(long FromUnixMilliseconds = long.MinValue, long ToUnixMilliseconds = long.MaxValue)
{
    /// <summary>The accepted form of a time, for messages.</summary>
    public const string Form = "a time such as 2026-01-31 or 2026-01-31T08:00:00Z (UTC)";

    public bool Holds(TransactionRows rows, int row) => rows.EventTime(row) >= FromUnixMilliseconds && rows.EventTime(row) < ToUnixMilliseconds;

    /// <summary>A store's payments of the stretch, and those before it that its windows cover.</summary>
    /// <param name="cards">As of <see cref="StoredRecords"/>.</param>
    public IReadableLog Of(PredictionStore store, CardTokens? cards)
    {
        var reach = (long)store.Schema.LongestMemory.TotalMilliseconds;
        return new StoredRecords(store, FromUnixMilliseconds < long.MinValue + reach ? long.MinValue : FromUnixMilliseconds - reach, ToUnixMilliseconds, cards);
    }

    /// <exception cref="FormatException">The text is not of that form.</exception>
    public static long Moment(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time.ToUnixTimeMilliseconds()
            : throw new FormatException($"\"{text}\" is not {Form}");
}
