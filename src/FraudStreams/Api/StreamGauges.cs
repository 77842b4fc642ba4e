using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Diagnostics;
using FraudStreams.Hosting;
using FraudStreams.Messaging;
using FraudStreams.RateLimiting;
using FraudStreams.Topics;
using Microsoft.Extensions.Hosting;

namespace FraudStreams.Api;

/// <summary>
/// Gauges of the stream beside its counters: rate limits, alerts that wait, and the groups' lag under the names that dashboards of Kafka read, for embedded
/// topics too. Lag is looked up beside, every few seconds: whoever reads the metrics does not wait for brokers.
/// </summary>
sealed class StreamGauges : BackgroundService
{
    static readonly TimeSpan s_every = TimeSpan.FromSeconds(2);

    readonly StreamService _stream;
    readonly TimeProvider _time;
    MessageLogStatus _status = new([], []);

    public StreamGauges(StreamService stream, StreamOptions options, StreamMetrics metrics, PendingAlerts alerts, TimeProvider time)
    {
        (_stream, _time) = (stream, time);
        metrics.Gauge("fraudstreams.valve.rate", "{record}/s", "The rate limit; infinite where there is none, 0 while paused.", () =>
            new[] { ("speed_1", stream.Rates.Speed1), ("speed_2", stream.Rates.Speed2), ("speed_3", stream.Rates.Speed3) }
                .Select(valve => new Measurement<double>(valve.Item2.Speed.PerSecond, new KeyValuePair<string, object?>("valve", valve.Item1))));
        metrics.Gauge("fraudstreams.alerts.pending", "{alert}", "Alerts that are raised and not yet delivered or refused.", () => [new(alerts.Waiting)]);
        metrics.Gauge("fraudstreams.disk.free", "By", "Room on the disk of the data folder.", () => [new(new DriveInfo(Path.GetFullPath(options.Settings.DataDirectory)).AvailableFreeSpace)]);
        metrics.Gauge("fraudstreams.store.pending", "{payment}", "Predictions that are not stored yet.", () =>
            [.. LagOf(ConsumerGroups.Store, TopicNames.Predictions) is { } lag ? [new Measurement<double>(lag)] : Array.Empty<Measurement<double>>()]);
        metrics.Gauge("kafka_consumergroup_lag", null, "Records between a group's offset and the end of the partition, on embedded topics too.", () =>
            _status.ByPartition.Select(lag => new Measurement<double>(
                lag.Lag, new("consumergroup", lag.Group), new("topic", metrics.NameOf(lag.Partition.Topic)), new("partition", lag.Partition.Partition.ToString(System.Globalization.CultureInfo.InvariantCulture)))));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var tick = new PeriodicTimer(s_every, _time);
        do
        {
            try
            {
                if (_stream.Topics is { } topics)
                    Volatile.Write(ref _status, await topics.StatusAsync(stoppingToken));
            }
            catch (Exception e) when (e is MessageLogException or IOException or ObjectDisposedException)
            {
                // The check `topics` says so; what was last known stays.
            }
        }
        while (await tick.WaitForNextTickAsync(stoppingToken));
    }

    long? LagOf(string group, string topic) => _status.Topics.IsEmpty ? null : _status.Of(group, topic).Lag;
}
