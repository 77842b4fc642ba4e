using System.Buffers;
using FraudStreams.Diagnostics;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.Storage;

namespace FraudStreams.Candidates;

/// <summary>The stored payments between two event times, each with its confirmed label, else with its source's own.</summary>
/// <param name="fromTime">Unix milliseconds, inclusive.</param>
/// <param name="toTime">Unix milliseconds, exclusive.</param>
sealed class StoredHistory(PredictionStore store, long fromTime, long toTime) : IHistory
{
    const int PageRows = 2048;

    public TransactionSchema Schema => store.Schema;

    public string Name => $"the store's payments of {Day(fromTime)} to {Day(toTime)}";

    /// <summary>Blocks while the store answers: training has a thread of its own.</summary>
    public IEnumerable<TransactionRows> Read(Action<double> progress, Action<RejectReason> rejected, CancellationToken cancellationToken)
    {
        var json = new ArrayBufferWriter<byte>(1024);
        using var writer = new StoredJsonWriter(Schema, json, withConfirmed: true);
        using var rows = new TransactionRows(Schema, PageRows);
        var reader = new TransactionReader(Schema);
        var (position, read) = (new StoredPosition(fromTime, ""), 0);
        do
        {
            read = 0;
            position = LowPriority.Wait(store.ReadPaymentsAsync(writer, position, toTime, PageRows, () =>
            {
                read++;
                if (reader.Read(json.WrittenSpan, rows) is { } reason)
                    rejected(reason);
                json.ResetWrittenCount();
            }, cancellationToken));
            if (rows.Count > 0)
                yield return rows;
            rows.Clear();
            progress(Math.Clamp((position.Time - fromTime) / (double)Math.Max(1, toTime - fromTime), 0, 1));
        }
        while (read == PageRows);
        progress(1);
    }

    static string Day(long time) => $"{DateTimeOffset.FromUnixTimeMilliseconds(time).UtcDateTime:yyyy-MM-dd HH:mm}";
}
