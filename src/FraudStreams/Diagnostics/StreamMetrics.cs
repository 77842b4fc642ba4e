using System.Diagnostics.Metrics;

namespace FraudStreams.Diagnostics;

/// <summary>
/// The instruments of one running stream, the one source of every number that is shown: live table, status line and exporters read them. Pipelines add a
/// batch at a time, after its commit. Messaging names follow OpenTelemetry's semantic conventions (status Development, 1.36).
/// </summary>
public sealed class StreamMetrics : IDisposable
{
    public const string MeterName = "FraudStreams";

    internal const string SentName = "messaging.client.sent.messages";
    internal const string ConsumedName = "messaging.client.consumed.messages";
    internal const string PredictionsName = "fraudstreams.predictions";
    internal const string RejectedName = "fraudstreams.rejected";
    internal const string StoredName = "fraudstreams.stored";
    internal const string AlertedName = "fraudstreams.alerted";

    internal const string TopicTag = "messaging.destination.name";
    internal const string GroupTag = "messaging.consumer.group.name";
    internal const string FraudTag = "prediction";
    internal const string Fraud = "fraud";

    static readonly KeyValuePair<string, object?> IsFraud = new(FraudTag, Fraud), IsLegitimate = new(FraudTag, "legitimate");

    readonly Meter _meter;
    readonly Counter<long> _sent;
    readonly Counter<long> _consumed;
    readonly Counter<long> _predictions;
    readonly Counter<long> _rejected;
    readonly Counter<long> _stored;
    readonly Counter<long> _alerted;
    readonly Counter<long> _alerts;
    readonly Counter<long> _restarts;
    readonly Counter<long> _shadowScored;
    readonly Counter<long> _shadowDropped;
    readonly Counter<long> _shadowDisagreements;
    readonly Histogram<int> _batchSize;
    readonly Histogram<double> _latency;

    public StreamMetrics()
    {
        _meter = new Meter(new MeterOptions(MeterName) { Scope = this });
        _sent = _meter.CreateCounter<long>(SentName, "{message}", "Records published to a topic.");
        _consumed = _meter.CreateCounter<long>(ConsumedName, "{message}", "Records consumed from a topic by a group.");
        _predictions = _meter.CreateCounter<long>(PredictionsName, "{payment}", "Payments scored, by what was predicted.");
        _rejected = _meter.CreateCounter<long>(RejectedName, "{record}", "Records written to the topic rejected, by pipeline and reason.");
        _stored = _meter.CreateCounter<long>(StoredName, "{payment}", "Payments stored for the first time.");
        _alerted = _meter.CreateCounter<long>(AlertedName, "{payment}", "Payments of which at least one channel delivered an alert.");
        _alerts = _meter.CreateCounter<long>("fraudstreams.alerts", "{alert}", "Alerts by channel and outcome.");
        _restarts = _meter.CreateCounter<long>("fraudstreams.pipeline.restarts", "{restart}", "Failures after which a pipeline started again from its last commit.");
        _shadowScored = _meter.CreateCounter<long>("fraudstreams.shadow.scored", "{payment}", "Payments that the challenger scored, too, and whose scores are in topic shadow.");
        _shadowDropped = _meter.CreateCounter<long>("fraudstreams.shadow.dropped", "{payment}", "Payments that the challenger did not score, because it was behind or failed.");
        _shadowDisagreements = _meter.CreateCounter<long>("fraudstreams.shadow.disagreements", "{payment}", "Payments on which champion and challenger decide differently.");
        _batchSize = _meter.CreateHistogram<int>("fraudstreams.batch.size", "{payment}", "Payments of a scoring batch.");
        _latency = _meter.CreateHistogram<double>("fraudstreams.payment.latency", "s", "From a record's time in transactions until its prediction is published.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60] });
        _meter.CreateObservableGauge("fraudstreams.model.info", ModelInfo, description: "1, with the version that decides (alias champion), and with the one in its shadow (alias challenger).");
    }

    /// <summary>The version that scored last, or is about to score first; null where this process does not score.</summary>
    public string? ModelVersion { get; set; }

    /// <summary>The version that scores in the champion's shadow here; null where none does.</summary>
    public string? ChallengerVersion { get; set; }

    /// <summary>Whether anybody reads latencies: they cost a clock's difference for each payment.</summary>
    public bool WantsLatency => _latency.Enabled;

    public void Sent(string topic, int records) => _sent.Add(records, new KeyValuePair<string, object?>(TopicTag, topic));

    public void Consumed(string topic, string group, int records) =>
        _consumed.Add(records, new KeyValuePair<string, object?>(TopicTag, topic), new KeyValuePair<string, object?>(GroupTag, group));

    /// <summary>A scoring batch is published and committed.</summary>
    public void Scored(int payments, int predictedFrauds)
    {
        _predictions.Add(payments - predictedFrauds, IsLegitimate);
        _predictions.Add(predictedFrauds, IsFraud);
        _batchSize.Record(payments);
    }

    /// <param name="seconds">Since the record's time in `transactions`.</param>
    public void Latency(double seconds) => _latency.Record(seconds);

    /// <param name="reason">One of <see cref="Model.Json.RejectCodes"/>.</param>
    public void Rejected(string pipeline, string reason) =>
        _rejected.Add(1, new KeyValuePair<string, object?>("pipeline", pipeline), new KeyValuePair<string, object?>("reason", reason));

    public void Stored(int payments) => _stored.Add(payments);

    /// <summary>A payment's alert is settled: every channel delivered it or was refused.</summary>
    public void Alerted() => _alerted.Add(1);

    public void Alert(string channel, string outcome) =>
        _alerts.Add(1, new KeyValuePair<string, object?>("channel", channel), new KeyValuePair<string, object?>("outcome", outcome));

    public void Restarted(string pipeline) => _restarts.Add(1, new KeyValuePair<string, object?>("pipeline", pipeline));

    /// <summary>The challenger's scores of a batch are published.</summary>
    public void ShadowScored(int payments, int disagreements)
    {
        _shadowScored.Add(payments);
        _shadowDisagreements.Add(disagreements);
    }

    public void ShadowDropped(int payments) => _shadowDropped.Add(payments);

    public void Dispose() => _meter.Dispose();

    IEnumerable<Measurement<int>> ModelInfo() =>
        from model in new[] { (Version: ModelVersion, Alias: "champion"), (Version: ChallengerVersion, Alias: "challenger") }
        where model.Version is not null
        select new Measurement<int>(1, new("version", model.Version), new("alias", model.Alias));
}
