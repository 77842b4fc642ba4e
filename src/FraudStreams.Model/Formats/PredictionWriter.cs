using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using FraudStreams.Model.Schema;

namespace FraudStreams.Model.Formats;

/// <summary>Writes predictions of one model version: the transaction's own bytes, and after its fields what the model said.</summary>
public sealed class PredictionWriter
{
    const int LongestScore = 32;
    const int TimeLength = 24;

    readonly byte[] _version;

    public PredictionWriter(string modelVersion)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(modelVersion);
        _version = Encoding.UTF8.GetBytes($",\"model_version\":\"{JsonEncodedText.Encode(modelVersion)}\",\"scored_at\":\"");
    }

    /// <summary>
    /// Appends <c>{…,"score":0.123,"prediction":0,"model_version":"…","scored_at":"2026-01-02T03:04:05.678Z"}</c>. The score is printed
    /// so that reading it gives the same double.
    /// </summary>
    /// <param name="transaction">A JSON object that <see cref="TransactionReader"/> has read (<see cref="TransactionRows.Source"/>).</param>
    /// <param name="score">0 to 1.</param>
    /// <param name="fraud">Whether the score reaches the threshold.</param>
    /// <param name="scoredAt">Kept to the millisecond, in UTC.</param>
    public void Write(ReadOnlySpan<byte> transaction, double score, bool fraud, DateTimeOffset scoredAt, IBufferWriter<byte> into)
    {
        if (!(score is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(score), score, "A score lies in 0 to 1.");
        var end = transaction.LastIndexOf((byte)'}');
        if (end < 0)
            throw new ArgumentException("A transaction is a JSON object.", nameof(transaction));

        var room = into.GetSpan(end + 64 + LongestScore + TimeLength + _version.Length);
        transaction[..end].CopyTo(room);
        var at = end;
        at += Put(",\"score\":"u8, room[at..]);
        score.TryFormat(room[at..], out var length, default, CultureInfo.InvariantCulture);
        at += length;
        at += Put(fraud ? ",\"prediction\":1"u8 : ",\"prediction\":0"u8, room[at..]);
        at += Put(_version, room[at..]);
        at += TimeText.WriteIso8601(scoredAt.ToUnixTimeMilliseconds(), room[at..]);
        at += Put("\"}"u8, room[at..]);
        into.Advance(at);
    }

    static int Put(ReadOnlySpan<byte> bytes, Span<byte> room)
    {
        bytes.CopyTo(room);
        return bytes.Length;
    }
}
