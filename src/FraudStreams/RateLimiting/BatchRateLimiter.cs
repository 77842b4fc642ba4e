using Akka;
using Akka.Streams.Dsl;

namespace FraudStreams.RateLimiting;

/// <summary>
/// A rate limiter as a flow of batches. A batch larger than a quarter of a second's records passes in pieces of that size, so that a low rate gives a
/// steady stream and not a full batch now and then; without a limit whole batches pass at no cost.
/// </summary>
static class BatchRateLimiter
{
    const double PieceSeconds = 0.25;

    /// <param name="stop">
    /// Cancelled when the stream is to end: the rate holds until then and after. What the limit does not let pass at once is dropped, with all that follows
    /// it, and the stream completes: it was not committed, and is read again at the next start.
    /// </param>
    public static Flow<IReadOnlyList<T>, IReadOnlyList<T>, NotUsed> Flow<T>(RateLimiter limiter, CancellationToken stop) => Akka.Streams.Dsl.Flow.Create<IReadOnlyList<T>>()
        .SelectMany(batch => Pieces(batch, limiter))
        .SelectAsync(1, piece => PassAsync(piece, limiter, stop))
        .TakeWhile(piece => piece.Count > 0);

    static IEnumerable<IReadOnlyList<T>> Pieces<T>(IReadOnlyList<T> batch, RateLimiter limiter)
    {
        for (var start = 0; start < batch.Count;)
        {
            // Read again for each piece: the rate may change while the batch is passing.
            var size = (int)Math.Clamp(limiter.Speed.PerSecond * PieceSeconds, 1, batch.Count - start);
            yield return size == batch.Count ? batch : [.. batch.Skip(start).Take(size)];
            start += size;
        }
    }

    /// <summary>The piece, or nothing of it if it has to wait when the stream ends.</summary>
    static async Task<IReadOnlyList<T>> PassAsync<T>(IReadOnlyList<T> piece, RateLimiter limiter, CancellationToken stop)
    {
        try
        {
            // Where nothing is limited, what is in flight is finished.
            await limiter.PassAsync(piece.Count, limiter.Speed.IsUnlimited ? CancellationToken.None : stop);
            return piece;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return [];
        }
    }
}
