using System.Buffers;
using FraudStreams.Messaging;
using FraudStreams.Simulation.Generation;

namespace FraudStreams.Simulation;

/// <summary>Generated payments as JSON objects, from the payment <paramref name="first"/> on. The offset is the number of the next payment.</summary>
public sealed class GeneratorFeed(PaymentGenerator generator, long first = 0) : IPaymentFeed
{
    readonly PaymentWriter _writer = new(generator);
    Payment _last;

    public string Name => "the generator";

    public TopicPartition OffsetKey { get; } = OffsetKeyOf(generator.Settings);

    public string OffsetKeyPrefix => "generator:";

    public long Position { get; private set; } = first;

    public ReadOnlySpan<byte> Key => _writer.Key(_last);

    public long? EventTime => _last.UnixSeconds * 1000;

    public void GoTo(long position, CancellationToken cancellationToken) => Position = Math.Max(position, Position);

    public bool TryRead(IBufferWriter<byte> into)
    {
        if (Position == generator.Count)
            return false;
        _last = generator.At(Position++);
        _writer.WriteJson(_last, into);
        return true;
    }

    public void Dispose()
    {
    }

    static TopicPartition OffsetKeyOf(GeneratorSettings settings) =>
        new($"generator:{settings.Seed}:{settings.FraudShare:R}:{settings.PaymentsPerDay}:{settings.Start:yyyy-MM-dd}", 0);
}
