using System.Buffers;
using FraudStreams.Messaging;

namespace FraudStreams.Simulation;

/// <summary>Payments one after the other, resumable from an offset. Not thread-safe.</summary>
public interface IPaymentFeed : IDisposable
{
    /// <summary>The feed's name in messages.</summary>
    string Name { get; }

    /// <summary>The name under which a group commits its offset in the feed; other content has another name.</summary>
    TopicPartition OffsetKey { get; }

    /// <summary>The prefix that the offset keys of all feeds of this name share, whatever their content.</summary>
    string OffsetKeyPrefix { get; }

    /// <summary>The offset after the payment last read: what <see cref="GoTo"/> takes.</summary>
    long Position { get; }

    /// <summary>The key of the payment last read: its card, or empty if that cannot be read.</summary>
    ReadOnlySpan<byte> Key { get; }

    /// <summary>Event time of the payment last read in unix milliseconds; null if it has none that can be read.</summary>
    long? EventTime { get; }

    /// <summary>Resumes at a committed offset, from the beginning of the feed.</summary>
    void GoTo(long position, CancellationToken cancellationToken);

    /// <summary>Appends the next payment's bytes; false where none is at hand.</summary>
    bool TryRead(IBufferWriter<byte> into);

    /// <summary>Waits for the next payment where none is at hand; false at the end of the feed.</summary>
    ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => ValueTask.FromResult(false);
}
