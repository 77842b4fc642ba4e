using System.Text;

namespace FraudStreams.Scoring;

/// <summary>What the model decided about one payment.</summary>
/// <param name="Reasons">The JSON array of a predicted fraud's reasons; empty where there are none.</param>
public sealed record ScoredPayment(double Score, bool IsFraud, string ModelVersion, double Threshold, ReadOnlyMemory<byte> Reasons)
{
    public static ScoredPayment Of(BatchScored scored, int row) => new(
        scored.Scores[row], scored.IsFraud(row), scored.ModelVersion, scored.Threshold, scored.Reasons?.GetValueOrDefault(row));
}

/// <summary>
/// Hands predictions that this process has published to those who wait for them, by the payments' ids. Costs the stream nothing while nobody waits.
/// Thread-safe.
/// </summary>
public sealed class AwaitedPredictions
{
    readonly Lock _gate = new();
    readonly Dictionary<string, List<TaskCompletionSource<ScoredPayment>>> _awaited = new(StringComparer.Ordinal);
    volatile bool _isEmpty = true;

    /// <summary>Completes with the next prediction of this payment that is published; <see cref="Forget"/> ends the wait.</summary>
    public TaskCompletionSource<ScoredPayment> Next(string id)
    {
        var next = new TaskCompletionSource<ScoredPayment>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (!_awaited.TryGetValue(id, out var waiting))
                _awaited[id] = waiting = [];
            waiting.Add(next);
            _isEmpty = false;
        }

        return next;
    }

    public void Forget(string id, TaskCompletionSource<ScoredPayment> next)
    {
        lock (_gate)
        {
            if (!_awaited.TryGetValue(id, out var waiting) || !waiting.Remove(next) || waiting.Count > 0)
                return;
            _awaited.Remove(id);
            _isEmpty = _awaited.Count == 0;
        }
    }

    internal void Published(TransactionBatch batch)
    {
        if (_isEmpty)
            return;
        lock (_gate)
        {
            for (var row = 0; row < batch.Rows.Count; row++)
            {
                if (!_awaited.Remove(Encoding.UTF8.GetString(batch.Rows.Id(row)), out var waiting))
                    continue;
                var scored = ScoredPayment.Of(batch.Scored!, row);
                foreach (var next in waiting)
                    next.TrySetResult(scored);
            }

            _isEmpty = _awaited.Count == 0;
        }
    }
}
