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

    public static Flow<IReadOnlyList<T>, IReadOnlyList<T>, NotUsed> Flow<T>(RateLimiter limiter) => Akka.Streams.Dsl.Flow.Create<IReadOnlyList<T>>()
        .SelectMany(batch => Pieces(batch, limiter))
        .SelectAsync(1, piece => PassAsync(piece, limiter));

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

    static async Task<IReadOnlyList<T>> PassAsync<T>(IReadOnlyList<T> piece, RateLimiter limiter)
    {
        await limiter.PassAsync(piece.Count);
        return piece;
    }
}
