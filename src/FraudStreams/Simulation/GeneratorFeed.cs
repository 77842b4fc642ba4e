using System.Buffers;
using FraudStreams.Messaging;
using FraudStreams.Simulation.Generation;

namespace FraudStreams.Simulation;

/// <summary>Generated payments as JSON objects, from the payment <paramref name="first"/> on. The place is the number of the next payment.</summary>
public sealed class GeneratorFeed(PaymentGenerator generator, long first = 0) : IPaymentFeed
{
    readonly PaymentWriter _writer = new(generator);
    Payment _last;

    public string Name => "the generator";

    public TopicPartition Place { get; } = PlaceOf(generator.Settings);

    public string PlacePrefix => "generator:";

    public long Position { get; private set; } = first;

    public ReadOnlySpan<byte> Key => _writer.Key(_last);

    public long? EventTime => _last.UnixSeconds * 1000;

    public void GoTo(long position, CancellationToken token) => Position = Math.Max(position, Position);

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

    static TopicPartition PlaceOf(GeneratorSettings settings) =>
        new($"generator:{settings.Seed}:{settings.FraudShare:R}:{settings.PaymentsPerDay}:{settings.Start:yyyy-MM-dd}", 0);
}
