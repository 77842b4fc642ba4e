using System.Runtime.CompilerServices;

namespace FraudStreams.Messaging;

/// <summary>Reads one partition forward. One caller at a time.</summary>
public interface IPartitionReader : IAsyncDisposable
{
    /// <summary>The next records; none at the current end of the partition.</summary>
    /// <param name="wait">False: none also while the next ones are still on their way from the broker.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    Task<IReadOnlyList<TopicRecord>> NextAsync(bool wait, CancellationToken cancellationToken);
}

/// <summary>Reads offset ranges of partitions.</summary>
static class PartitionScans
{
    /// <summary>The records of a partition from one offset up to, not including, another, in chunks.</summary>
    public static async IAsyncEnumerable<IReadOnlyList<TopicRecord>> ReadAsync(
        this IReadableLog topics, TopicPartition partition, long from, long to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (from >= to)
            yield break;
        await using var reader = topics.OpenReader(partition, from);
        while (from < to && await reader.NextAsync(wait: true, cancellationToken) is { Count: > 0 } records)
        {
            from = records[^1].Offset + 1;
            yield return from <= to ? records : [.. records.Where(record => record.Offset < to)];
        }
    }
}
