using System.Buffers;
using FraudStreams.Messaging;

namespace FraudStreams.Simulation;

/// <summary>Payments one after the other, from a place that can be remembered. Not thread-safe.</summary>
public interface IPaymentFeed : IDisposable
{
    /// <summary>What a person knows it as.</summary>
    string Name { get; }

    /// <summary>Under which name a group remembers its place; another content has another one.</summary>
    TopicPartition Place { get; }

    /// <summary>How the places of all feeds of this name begin, whatever was in them.</summary>
    string PlacePrefix { get; }

    /// <summary>The place after the payment last read: what <see cref="GoTo"/> takes.</summary>
    long Position { get; }

    /// <summary>The key of the payment last read: its card, or empty where that cannot be read.</summary>
    ReadOnlySpan<byte> Key { get; }

    /// <summary>Event time of the payment last read in unix milliseconds; null where it has none that can be read.</summary>
    long? EventTime { get; }

    /// <summary>Goes on at a remembered place, from the beginning of the feed.</summary>
    void GoTo(long position, CancellationToken token);

    /// <summary>Appends the next payment's bytes; false at the end.</summary>
    bool TryRead(IBufferWriter<byte> into);
}
