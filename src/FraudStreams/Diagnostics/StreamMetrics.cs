using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using FraudStreams.Model.Drift;
using FraudStreams.Model.Evaluation.Promotion;

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
    internal const string LatencyName = "fraudstreams.payment.latency";
    internal const string ScoresName = "fraudstreams.scores";

    internal const string TopicTag = "messaging.destination.name";
    internal const string GroupTag = "messaging.consumer.group.name";
    internal const string FraudTag = "prediction";
    internal const string Fraud = "fraud";
    internal const string ToTag = "to";
    internal const string ToPredictionWord = "prediction";

    /// <summary>A label comes weeks after its payment, and is stored some seconds after it was confirmed, or a file is imported later.</summary>
    static readonly double[] s_labelDelays = [1, 10, 60, 600, 3600, 6 * 3600, 86400, 7 * 86400, 30 * 86400, 90 * 86400];

    static readonly double[] s_latencies = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60];
    static readonly double[] s_scores = [0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1];
    static readonly int[] s_batchSizes = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000];

    static readonly KeyValuePair<string, object?> ToPrediction = new(ToTag, ToPredictionWord), ToAlert = new(ToTag, "alert");
    static readonly KeyValuePair<string, object?> IsFraud = new(FraudTag, Fraud), IsLegitimate = new(FraudTag, "legitimate");

    readonly Meter _meter;
    readonly Counter<long> _sent;
    readonly Counter<long> _consumed;
    readonly Counter<long> _predictions;
    readonly Counter<long> _rejected;
    readonly Counter<long> _stored;
    readonly Counter<long> _alerted;
    readonly Counter<long> _alerts;
    readonly Counter<long> _tombstones;
    readonly Counter<long> _cardsInTwoPartitions;
    readonly Counter<long> _shadowScored;
    readonly Counter<long> _shadowDropped;
    readonly Counter<long> _shadowDisagreements;
    readonly ConcurrentDictionary<string, long> _restarts = [];
    readonly Histogram<int> _batchSize;
    readonly Histogram<double> _latency;
    readonly Histogram<double> _scores;
    readonly Histogram<double> _labelDelay;

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
        _tombstones = _meter.CreateCounter<long>("fraudstreams.tombstones", "{record}", "Records without a value in a topic of others, which are read and dropped.");
        _cardsInTwoPartitions = _meter.CreateCounter<long>(
            "fraudstreams.cards.split", "{payment}", "Payments of a card that was seen in another partition before: windows by the card see only a part of its payments.");
        _shadowScored = _meter.CreateCounter<long>("fraudstreams.shadow.scored", "{payment}", "Payments that the challenger scored, too, and whose scores are in topic shadow.");
        _shadowDropped = _meter.CreateCounter<long>("fraudstreams.shadow.dropped", "{payment}", "Payments that the challenger did not score, because it was behind or failed.");
        _shadowDisagreements = _meter.CreateCounter<long>("fraudstreams.shadow.disagreements", "{payment}", "Payments on which champion and challenger decide differently.");
        _meter.CreateObservableCounter(
            "fraudstreams.pipeline.restarts", () => _restarts.Select(pipeline => new Measurement<long>(pipeline.Value, new KeyValuePair<string, object?>("pipeline", pipeline.Key))),
            "{restart}", "Failures after which a pipeline started again from its last commit.");
        _batchSize = _meter.CreateHistogram<int>("fraudstreams.batch.size", "{payment}", "Payments of a scoring batch.", advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = s_batchSizes });
        _latency = _meter.CreateHistogram<double>(
            LatencyName, "s",
            "To a prediction: from a record's time in transactions until its prediction is published. To an alert: from its prediction's time in predictions until every channel has it.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = s_latencies });
        _scores = _meter.CreateHistogram<double>(ScoresName, "1", "Scores of payments.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = s_scores });
        _labelDelay = _meter.CreateHistogram<double>(
            "fraudstreams.labels.delay", "s", "From a label's confirmation until it is stored.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = s_labelDelays });
        _meter.CreateObservableGauge("fraudstreams.model.info", ModelInfo, description: "1, with the version that decides (alias champion), and with the one in its shadow (alias challenger).");
        _meter.CreateObservableGauge("fraudstreams.gate.state", GateStates, description: "What the gate said of the challenger at the last look: 0 not yet, 1 refused, 2 passed. Of the host that looks.");
        _meter.CreateObservableGauge(
            "fraudstreams.model.drift", DriftEffects, "1", "How far the last window of payments is from the reference of the version in service, by feature; also of score, alerts, precision, recall. Of the host that looks.");
        _meter.CreateObservableGauge(
            "fraudstreams.model.drift.alarms", () => Drift.IsEmpty ? [] : new[] { new Measurement<int>(Drift.Count(finding => finding.IsAlarm)) }, "{feature}", "Of how many a drift is confirmed. Of the host that looks.");
    }

    /// <summary>The version in service in this process; null where it does not score.</summary>
    public string? ModelVersion { get; set; }

    /// <summary>The version that scores in the champion's shadow here; null where none does.</summary>
    public string? ChallengerVersion { get; set; }

    /// <summary>How long the challenger took for its last batches here.</summary>
    public RecentTimes ShadowTimes { get; } = new();

    /// <summary>What the pipelines of this process consume.</summary>
    public AssignedPartitions Assigned { get; } = new();

    /// <summary>What the gate said of the challenger at the last look of this host; null where it did not look.</summary>
    public GateState? Gate { get; set; }

    /// <summary>What a topic is called where it is, as the labels of metrics say it.</summary>
    public Func<string, string> NameOf { get; set; } = topic => topic;

    /// <summary>What the last window of payments showed, at the last look of this host; empty where it did not look.</summary>
    public ImmutableArray<DriftFinding> Drift { get; set; } = [];

    /// <summary>Whether anybody reads what costs something for each payment: latencies and scores.</summary>
    public bool WantsEachPayment => _latency.Enabled || _scores.Enabled;

    /// <summary>Adds an instrument that is read when somebody asks; it ends with the others.</summary>
    public void Gauge(string name, string? unit, string description, Func<IEnumerable<Measurement<double>>> read) =>
        _meter.CreateObservableGauge(name, read, unit, description);

    public void Sent(string topic, int records) => _sent.Add(records, new KeyValuePair<string, object?>(TopicTag, NameOf(topic)));

    public void Consumed(string topic, string group, int records) =>
        _consumed.Add(records, new KeyValuePair<string, object?>(TopicTag, NameOf(topic)), new KeyValuePair<string, object?>(GroupTag, group));

    /// <summary>A scoring batch is published and committed.</summary>
    public void Scored(int payments, int predictedFrauds)
    {
        _predictions.Add(payments - predictedFrauds, IsLegitimate);
        _predictions.Add(predictedFrauds, IsFraud);
        _batchSize.Record(payments);
    }

    /// <summary>A payment is scored and published.</summary>
    /// <param name="seconds">Since the record's time in `transactions`.</param>
    public void Payment(double seconds, double score)
    {
        _latency.Record(seconds, ToPrediction);
        _scores.Record(score);
    }

    /// <param name="seconds">Since the prediction's time in `predictions`.</param>
    public void AlertLatency(double seconds) => _latency.Record(seconds, ToAlert);

    /// <param name="seconds">Since it was confirmed.</param>
    public void LabelStored(double seconds) => _labelDelay.Record(Math.Max(0, seconds));

    /// <param name="reason">One of <see cref="Model.Json.RejectCodes"/>.</param>
    public void Rejected(string pipeline, string reason) =>
        _rejected.Add(1, new KeyValuePair<string, object?>("pipeline", pipeline), new KeyValuePair<string, object?>("reason", reason));

    public void CardsInTwoPartitions(int payments) => _cardsInTwoPartitions.Add(payments);

    public void Tombstones(int records) => _tombstones.Add(records);

    public void Stored(int payments) => _stored.Add(payments);

    /// <summary>A payment's alert is settled: every channel delivered it or was refused.</summary>
    public void Alerted() => _alerted.Add(1);

    public void Alert(string channel, string outcome) =>
        _alerts.Add(1, new KeyValuePair<string, object?>("channel", channel), new KeyValuePair<string, object?>("outcome", outcome));

    /// <summary>A pipeline of this process: its restarts are counted from 0, so that the first is an increase.</summary>
    public void Runs(string pipeline) => _restarts.TryAdd(pipeline, 0);

    public long RestartsOf(string pipeline) => _restarts.GetValueOrDefault(pipeline);

    public void Restarted(string pipeline) => _restarts.AddOrUpdate(pipeline, 1, (_, before) => before + 1);

    /// <summary>The challenger's scores of a batch are published.</summary>
    /// <param name="took">How long the challenger took to score it.</param>
    public void ShadowScored(int payments, int disagreements, TimeSpan took)
    {
        ShadowTimes.Add(took);
        _shadowScored.Add(payments);
        _shadowDisagreements.Add(disagreements);
    }

    public void ShadowDropped(int payments) => _shadowDropped.Add(payments);

    public void Dispose() => _meter.Dispose();

    IEnumerable<Measurement<int>> GateStates() => Gate is { } state ? [new Measurement<int>((int)state)] : [];

    IEnumerable<Measurement<double>> DriftEffects() => Drift.Select(finding => new Measurement<double>(
        finding.Effect, new KeyValuePair<string, object?>("feature", finding.Name)));

    IEnumerable<Measurement<int>> ModelInfo() =>
        from model in new[] { (Version: ModelVersion, Alias: "champion"), (Version: ChallengerVersion, Alias: "challenger") }
        where model.Version is not null
        select new Measurement<int>(1, new("version", model.Version), new("alias", model.Alias));
}
