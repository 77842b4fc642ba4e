using Akka;
using Akka.Streams.Dsl;

namespace FraudStreams.RateLimiting;

/// <summary>
/// A valve in a stream of batches. A batch larger than what the valve lets through in a quarter of a second passes in pieces of that size,
/// so that a slow valve gives a steady trickle and not a full batch now and then; an open one passes whole batches and costs nothing.
/// </summary>
static class BatchRateLimiter
{
    const double PieceSeconds = 0.25;

    public static Flow<IReadOnlyList<T>, IReadOnlyList<T>, NotUsed> Flow<T>(RateLimiter valve) => Akka.Streams.Dsl.Flow.Create<IReadOnlyList<T>>()
        .SelectMany(batch => Pieces(batch, valve))
        .SelectAsync(1, piece => PassAsync(piece, valve));

    static IEnumerable<IReadOnlyList<T>> Pieces<T>(IReadOnlyList<T> batch, RateLimiter valve)
    {
        for (var start = 0; start < batch.Count;)
        {
            // Asked again for each piece: the valve may be turned while the batch is under way.
            var size = (int)Math.Clamp(valve.Speed.PerSecond * PieceSeconds, 1, batch.Count - start);
            yield return size == batch.Count ? batch : [.. batch.Skip(start).Take(size)];
            start += size;
        }
    }

    static async Task<IReadOnlyList<T>> PassAsync<T>(IReadOnlyList<T> piece, RateLimiter valve)
    {
        await valve.PassAsync(piece.Count);
        return piece;
    }
}
