using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Json;

/// <summary>Writes prediction records: the transaction's bytes unchanged, with the model's output appended as further fields. Thread-safe.</summary>
public static class PredictionWriter
{
    const int LongestScore = 32;
    const int TimeLength = 24;
    const int NamesLength = 128;

    /// <summary>
    /// Appends <c>{…,"score":0.123,"prediction":0,"model_version":"…","scored_at":"2026-01-02T03:04:05.678Z"}</c>. The score is written so that it
    /// parses to the same double.
    /// </summary>
    /// <param name="into">Receives the UTF-8 record.</param>
    /// <param name="transaction">A JSON object that <see cref="TransactionReader"/> has accepted (<see cref="TransactionRows.Source"/>).</param>
    /// <param name="score">0..1.</param>
    /// <param name="fraud">Whether the payment is predicted a fraud, that is, the score is at least the threshold.</param>
    /// <param name="modelVersion">Name of the model version that scored it.</param>
    /// <param name="scoredAt">When; written in UTC with milliseconds.</param>
    /// <param name="features">The model's input, written as <c>"feature_values":[1.5,null]</c>, NaN as null; empty to leave it out.</param>
    /// <param name="reasons">A JSON array, written as <c>"reasons":[…]</c>; empty to leave it out.</param>
    /// <exception cref="ArgumentOutOfRangeException">The score is not in 0..1.</exception>
    /// <exception cref="ArgumentException">The transaction is not a JSON object.</exception>
    public static void Write(
        IBufferWriter<byte> into, ReadOnlySpan<byte> transaction, double score, bool fraud, string modelVersion, DateTimeOffset scoredAt,
        ReadOnlySpan<double> features = default, ReadOnlySpan<byte> reasons = default)
    {
        if (!(score is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(score), score, "A score lies in 0 to 1.");
        var end = transaction.LastIndexOf((byte)'}');
        if (end < 0)
            throw new ArgumentException("A transaction is a JSON object.", nameof(transaction));

        // An escaped character takes six bytes, and its UTF-8 form at most as many.
        var room = into.GetSpan(end + NamesLength + LongestScore + TimeLength + (6 * modelVersion.Length) + (features.Length * LongestScore) + reasons.Length);
        transaction[..end].CopyTo(room);
        var at = end;
        Put(",\"score\":"u8, room, ref at);
        score.TryFormat(room[at..], out var length, default, CultureInfo.InvariantCulture);
        at += length;
        Put(fraud ? ",\"prediction\":1"u8 : ",\"prediction\":0"u8, room, ref at);
        Put(",\"model_version\":\""u8, room, ref at);
        PutEscaped(modelVersion, room, ref at);
        Put("\",\"scored_at\":\""u8, room, ref at);
        at += TimeText.WriteIso8601(scoredAt.ToUnixTimeMilliseconds(), room[at..]);
        Put("\""u8, room, ref at);
        if (!features.IsEmpty)
            FeatureValues.Write(features, room, ref at);
        if (!reasons.IsEmpty)
        {
            Put(",\"reasons\":"u8, room, ref at);
            Put(reasons, room, ref at);
        }

        Put("}"u8, room, ref at);
        into.Advance(at);
    }

    static void Put(ReadOnlySpan<byte> bytes, Span<byte> room, ref int at)
    {
        bytes.CopyTo(room[at..]);
        at += bytes.Length;
    }

    static void PutEscaped(string text, Span<byte> room, ref int at)
    {
        // A version is usually a folder name, which needs no escapes.
        if (text.AsSpan().ContainsAnyExceptInRange(' ', '~') || text.AsSpan().ContainsAny('"', '\\'))
            Put(JsonEncodedText.Encode(text).EncodedUtf8Bytes, room, ref at);
        else
            at += Encoding.UTF8.GetBytes(text, room[at..]);
    }
}
