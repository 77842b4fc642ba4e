using System.Collections.Immutable;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Api.Resources;
using FraudStreams.Diagnostics;
using FraudStreams.Hosting;
using FraudStreams.Messaging;
using FraudStreams.RateLimiting;
using FraudStreams.Topics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Dashboard.Live;

/// <summary>
/// Looks at the running stream once a second while somebody watches, and every five seconds for the history while nobody does. However many watch, there is
/// one look: all circuits are given the same snapshot.
/// </summary>
public sealed class StreamSampler : BackgroundService
{
    const int HistoryPoints = 120;
    const int TicksOfPoint = 5;
    const int LatencyTicks = 10;
    const int AlertTicks = 60;

    static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);

    readonly StreamOptions _options;
    readonly StreamService _stream;
    readonly StreamMetrics _metrics;
    readonly PipelineHealth _health;
    readonly PendingAlerts _alerts;
    readonly TimeProvider _time;
    readonly MeterReadings _readings;
    readonly Valves _valves;
    readonly ErrorThrottle _errors;
    readonly long _started;
    readonly Queue<(long At, MessageLogStatus Status)> _minute = new();
    readonly Queue<(long[] ToPrediction, long[] ToAlert)> _latencies = new();
    ImmutableArray<HostView> _hosts = [];
    ImmutableArray<Fault> _hostFaults = [];
    ImmutableArray<RatePoint> _history = [];
    int _watchers;

    public StreamSampler(
        StreamOptions options, StreamService stream, StreamMetrics metrics, PipelineHealth health, PendingAlerts alerts, Valves valves, ILoggerFactory loggers, TimeProvider time)
    {
        (_options, _stream, _metrics, _health, _alerts, _time) = (options, stream, metrics, health, alerts, time);
        _readings = new MeterReadings(metrics);
        var log = loggers.CreateLogger("FraudStreams.Dashboard");
        _valves = valves;
        _errors = new ErrorThrottle(log, "The page's view of the stream", time);
        _started = time.GetTimestamp();
    }

    /// <summary>Called with each new snapshot, on the sampler's thread.</summary>
    public event Action<LiveSnapshot>? Sampled;

    public LiveSnapshot Latest { get; private set; } = LiveSnapshot.None;

    public int Watchers => Volatile.Read(ref _watchers);

    public void Watch(Action<LiveSnapshot> watcher)
    {
        Sampled += watcher;
        if (Interlocked.Increment(ref _watchers) == 1)
            _readings.Watch(true);
    }

    public void Leave(Action<LiveSnapshot> watcher)
    {
        Sampled -= watcher;
        if (Interlocked.Decrement(ref _watchers) == 0)
            _readings.Watch(false);
    }

    /// <inheritdoc cref="Valves.TurnAsync"/>
    public Task TurnAsync(string valve, Rate to, string actor) => _valves.TurnAsync(valve, to, actor, "turned on the page");

    public override void Dispose()
    {
        _readings.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not before the stream: it is started after this.
        await Task.Yield();
        using var tick = new PeriodicTimer(s_tick, _time);
        for (var number = 0; await tick.WaitForNextTickAsync(stoppingToken); number++)
        {
            var isPoint = number % TicksOfPoint == 0;
            if (_stream.Topics is not { } topics || (!isPoint && Watchers == 0))
                continue;
            try
            {
                await SampleAsync(topics, isPoint, stoppingToken);
                _errors.Over();
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // A service of the host that fails ends the host, and with it the stream.
                _errors.Warn(e.Message);
            }
        }
    }

    async Task SampleAsync(IMessageLog topics, bool isPoint, CancellationToken cancellationToken)
    {
        string? fault = null;
        try
        {
            var status = await topics.StatusAsync(cancellationToken).WaitAsync(TimeSpan.FromSeconds(10), _time, cancellationToken);
            fault = status.Faults.IsEmpty ? null : string.Join("; ", status.Faults);
            _minute.Enqueue((_time.GetTimestamp(), status));
        }
        catch (Exception e) when (e is MessageLogException or TimeoutException)
        {
            fault = e.Message;
        }

        while (_minute.Count > 2 && _time.GetElapsedTime(_minute.Peek().At) > TimeSpan.FromSeconds(61))
            _minute.Dequeue();
        if (_minute.Count == 0)
            return;
        if (isPoint)
            ReadHosts();
        Latest = Snapshot(fault, isPoint);
        Sampled?.Invoke(Latest);
    }

    LiveSnapshot Snapshot(string? fault, bool isPoint)
    {
        var samples = _minute.ToArray();
        var (now, last) = (samples[^1], samples[^1].Status);

        // Over some seconds: batches make a single second jump.
        var near = samples.LastOrDefault(sample => _time.GetElapsedTime(sample.At, now.At) >= TimeSpan.FromSeconds(2.5), samples[0]);
        var failing = _health.Failing();
        var topics = last.Topics.ToImmutableSortedDictionary(
            topic => topic.Topic, topic => new TopicRate(topic.Topic, topic.Partitions, topic.Appended, PerSecond(AppendedOf(near.Status, topic.Topic), topic.Appended, near.At, now.At)));
        var groups = last.Groups.GroupBy(group => group.Group).ToImmutableSortedDictionary(group => group.Key, group => new GroupRate(
            group.Key, PerSecond(PositionOf(near.Status, group.Key), group.Sum(lag => lag.Position), near.At, now.At), group.Sum(lag => lag.Lag), _metrics.RestartsOf(group.Key),
            failing.GetValueOrDefault(group.Key)?.Why));
        var alerts = AppendedOf(last, TopicNames.Alerts) - AppendedOf(samples[0].Status, TopicNames.Alerts);
        var at = _time.GetUtcNow();
        if (isPoint && samples.Length > 1)
        {
            var history = _history.Add(new RatePoint(at.UtcDateTime, topics.GetValueOrDefault(TopicNames.Predictions)?.PerSecond ?? 0, alerts));
            _history = history.Length > HistoryPoints ? history.RemoveAt(0) : history;
        }

        var (toPrediction, toAlert) = Latencies();
        return new LiveSnapshot(at, _time.GetElapsedTime(_started))
        {
            TopicsFault = fault,
            Topics = topics,
            Groups = groups,
            History = _history,
            AlertsPerMinute = alerts,
            Scores = _metrics.ModelVersion is null ? [] : [.. _readings.Scores.Select((count, bucket) => new ScoreCount($"{bucket * 1.0 / MeterReadings.ScoreBuckets:0.00}", count))],
            Rejected = _readings.Rejected,
            ToPrediction = toPrediction,
            ToAlert = toAlert,
            Valves = [.. _valves.Now],
            Hosts = _hosts,
            ModelVersion = _metrics.ModelVersion,
            AlertsWaiting = _alerts.Waiting,
            Faults =
            [
                .. fault is null ? [] : new[] { new Fault("topics", null, fault) },
                .. failing.Select(pipeline => new Fault($"pipeline {pipeline.Key}", pipeline.Value.Since, pipeline.Value.Why)),
                .. _alerts.Failing.Select(part => new Fault($"alerts by {part.Key}", part.Value.Since, part.Value.Why)),
                .. _hostFaults,
            ],
        };
    }

    (double? ToPrediction, double? ToAlert) Latencies()
    {
        var now = (_readings.ToPrediction, _readings.ToAlert);
        _latencies.Enqueue(now);
        if (_latencies.Count > AlertTicks)
            _latencies.Dequeue();
        var before = _latencies.ElementAt(Math.Max(0, _latencies.Count - 1 - LatencyTicks));
        return (MeterReadings.Percentile(before.ToPrediction, now.ToPrediction, 0.99), MeterReadings.Percentile(_latencies.Peek().ToAlert, now.ToAlert, 0.99));
    }

    /// <summary>From the hosts' heartbeats in the data folder.</summary>
    void ReadHosts()
    {
        var heartbeats = HeartbeatFile.OfAllMachines(_options.Settings.DataDirectory, _time.GetUtcNow());
        _hosts =
        [
            .. heartbeats.Select(host => new HostView(
                $"{host.Machine}:{host.ProcessId}", string.Join(", ", host.Roles),
                string.Join(" · ", host.Partitions.Select(group => $"{group.Key} {string.Join(", ", group.Value)}")), host.ModelVersion, host.Age(_time),
                host.Checks.Values.All(check => check.Status != CheckStatus.Unhealthy))),
        ];
        _hostFaults =
        [
            .. from host in heartbeats
               where host.Machine != Environment.MachineName || host.ProcessId != Environment.ProcessId
               from check in host.Checks
               where check.Value.Status != CheckStatus.Healthy
               select new Fault($"{check.Key} of {host.Machine}:{host.ProcessId}", host.At, check.Value.Reason),
        ];
    }

    double PerSecond(long before, long after, long from, long to) => _time.GetElapsedTime(from, to) is { Ticks: > 0 } elapsed ? Math.Max(0, after - before) / elapsed.TotalSeconds : 0;

    static long AppendedOf(MessageLogStatus status, string topic) => status.Topics.FirstOrDefault(found => found.Topic == topic)?.Appended ?? 0;

    static long PositionOf(MessageLogStatus status, string group) => status.Groups.Where(found => found.Group == group).Sum(found => found.Position);
}
