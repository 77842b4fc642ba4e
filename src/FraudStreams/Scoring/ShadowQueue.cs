using Akka.Actor;
using FraudStreams.Diagnostics;

namespace FraudStreams.Scoring;

/// <summary>
/// Hands batches whose predictions are published on to the challenger's actor: a few at once, so that one which is slower than the stream is left behind
/// and the stream is not. What it cannot take is dropped and counted. Without a challenger it takes none. Any thread may call.
/// </summary>
sealed class ShadowQueue(StreamMetrics metrics)
{
    /// <summary>With the one that is scored. Partitions publish at the same moment: with one place less, all but one would drop.</summary>
    const int MostBatches = 4;

    volatile IActorRef? _challenger;
    volatile bool _isLate;
    int _held;
    long _taken;

    /// <summary>How many batches it has taken.</summary>
    public long Taken => Interlocked.Read(ref _taken);

    /// <summary>Whether nothing is under way that can be waited for.</summary>
    public bool IsIdle => _isLate || Volatile.Read(ref _held) == 0;

    /// <summary>False where the caller keeps the batch.</summary>
    public bool TryTake(TransactionBatch batch)
    {
        if (_challenger is not { } challenger || batch.Scored is null)
            return false;
        if (Interlocked.Increment(ref _held) > MostBatches)
        {
            Interlocked.Decrement(ref _held);
            metrics.ShadowDropped(batch.Rows.Count);
            return false;
        }

        Interlocked.Increment(ref _taken);
        challenger.Tell(new ShadowBatch(batch), ActorRefs.NoSender);
        return true;
    }

    /// <summary>There is a challenger.</summary>
    public void Open(IActorRef challenger) => (_isLate, _challenger) = (false, challenger);

    /// <summary>There is none.</summary>
    public void Close() => _challenger = null;

    /// <summary>The challenger is done with a batch.</summary>
    public void Release() => Interlocked.Decrement(ref _held);

    /// <summary>Whether the challenger has had its time for a batch: a drain does not wait for it then.</summary>
    public void Late(bool isLate) => _isLate = isLate;
}
