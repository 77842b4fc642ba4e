using System.Diagnostics.Metrics;
using FraudStreams.Diagnostics;
using FraudStreams.Topics;

namespace FraudStreams.Cli.Live;

/// <summary>Listens to one stream's instruments and adds up its counters, from now on. Any thread may read.</summary>
public sealed class MetricTotals : IDisposable
{
    readonly MeterListener _listener = new();
    readonly StreamMetrics _metrics;
    long _produced;
    long _scored;
    long _predictedFrauds;
    long _rejected;
    long _rejectedPayments;
    long _stored;
    long _alerted;

    public MetricTotals(StreamMetrics metrics)
    {
        _metrics = metrics;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, metrics) && instrument is Counter<long>)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>(Add);
        _listener.Start();
    }

    /// <inheritdoc cref="StreamMetrics.ModelVersion"/>
    public string? ModelVersion => _metrics.ModelVersion;

    public StreamTotals Current => new(
        Interlocked.Read(ref _produced),
        Interlocked.Read(ref _scored),
        Interlocked.Read(ref _predictedFrauds),
        Interlocked.Read(ref _rejected),
        Interlocked.Read(ref _stored),
        Interlocked.Read(ref _alerted));

    /// <summary>Records of `transactions` that scoring rejected.</summary>
    public long RejectedPayments => Interlocked.Read(ref _rejectedPayments);

    public void Dispose() => _listener.Dispose();

    void Add(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        switch (instrument.Name)
        {
            case StreamMetrics.SentName when _metrics.NameOf(TopicNames.Transactions).Equals(tags[0].Value):
                Interlocked.Add(ref _produced, value);
                break;
            case StreamMetrics.PredictionsName:
                Interlocked.Add(ref _scored, value);
                if (StreamMetrics.Fraud.Equals(tags[0].Value))
                    Interlocked.Add(ref _predictedFrauds, value);
                break;
            case StreamMetrics.RejectedName:
                Interlocked.Add(ref _rejected, value);
                if (ConsumerGroups.Score.Equals(tags[0].Value))
                    Interlocked.Add(ref _rejectedPayments, value);
                break;
            case StreamMetrics.StoredName:
                Interlocked.Add(ref _stored, value);
                break;
            case StreamMetrics.AlertedName:
                Interlocked.Add(ref _alerted, value);
                break;
        }
    }
}

/// <summary>Records since the process started.</summary>
public readonly record struct StreamTotals(long Transactions, long Scored, long PredictedFrauds, long Rejected, long Stored, long Alerted);
