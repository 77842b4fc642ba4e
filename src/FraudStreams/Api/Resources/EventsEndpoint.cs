using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using System.Threading.Channels;
using FraudStreams.Access.Keys;
using FraudStreams.Alerting;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Api.Security;
using FraudStreams.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace FraudStreams.Api.Resources;

/// <summary>
/// `/events`: what happens in this process, as server-sent events: `alert`, `model` (another version scores), `drift`
/// (confirmed, where this process watches for it), `outage` and `recovered`. Who reads too slowly
/// misses the oldest; nothing waits for a reader. A reader whose key is revoked, or whose sign-in ends, is sent away within the time of a keep-alive.
/// </summary>
sealed class EventsEndpoint : BackgroundService
{
    const int MostReaders = 100;
    const int MostWaiting = 256;

    static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(250);
    static readonly TimeSpan s_keepAlive = TimeSpan.FromSeconds(15);

    readonly ConcurrentDictionary<Channel<string>, bool> _readers = [];
    readonly DeliveredAlerts _alerts;
    readonly StreamMetrics _metrics;
    readonly PipelineHealth _pipelines;
    readonly PendingAlerts _pending;
    readonly KeyLog _keys;
    readonly TimeProvider _time;

    public EventsEndpoint(DeliveredAlerts alerts, StreamMetrics metrics, PipelineHealth pipelines, PendingAlerts pending, KeyLog keys, TimeProvider time)
    {
        (_alerts, _metrics, _pipelines, _pending, _keys, _time) = (alerts, metrics, pipelines, pending, keys, time);
        alerts.Delivered += OnDelivered;
    }

    public static void Map(IEndpointRouteBuilder web, EventsEndpoint events, CancellationToken stopping) =>
        web.MapGet("/events", context => events.StreamAsync(context, stopping)).DisableRequestTimeout().Describe("stream", "Alerts, other versions and outages as server-sent events");

    public override void Dispose()
    {
        _alerts.Delivered -= OnDelivered;
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var tick = new PeriodicTimer(s_look, _time);
        var version = _metrics.ModelVersion;
        var failing = ImmutableSortedDictionary<string, string>.Empty;
        ImmutableHashSet<string> drifted = [];
        while (await tick.WaitForNextTickAsync(stoppingToken))
        {
            if (_metrics.ModelVersion is { } now && now != version)
            {
                if (version is not null)
                    Publish("model", json => json.WriteString("model_version"u8, now));
                version = now;
            }

            var alarms = _metrics.Drift.Where(finding => finding.IsAlarm).ToArray();
            foreach (var alarm in alarms.Where(alarm => !drifted.Contains(alarm.Name)))
            {
                Publish("drift", json =>
                {
                    json.WriteString("feature"u8, alarm.Name);
                    json.WriteString("what"u8, alarm.What);
                    json.WriteNumber("effect"u8, alarm.Effect);
                });
            }

            drifted = [.. alarms.Select(alarm => alarm.Name)];
            var fails = Failing();
            foreach (var (part, why) in fails.Where(part => !failing.ContainsKey(part.Key)))
                Publish("outage", json => Write(json, part, why));
            foreach (var (part, why) in failing.Where(part => !fails.ContainsKey(part.Key)))
                Publish("recovered", json => Write(json, part, null));
            failing = fails;
        }

        static void Write(Utf8JsonWriter json, string part, string? why)
        {
            json.WriteString("part"u8, part);
            if (why is not null)
                json.WriteString("why"u8, why);
        }
    }

    void OnDelivered(string line) => Publish("alert", json => json.WriteString("text"u8, line));

    ImmutableSortedDictionary<string, string> Failing() =>
        _pipelines.Failing().Concat(_pending.Failing).ToImmutableSortedDictionary(part => part.Key, part => part.Value.Why);

    void Publish(string name, Action<Utf8JsonWriter> write)
    {
        if (_readers.IsEmpty)
            return;
        using var data = new MemoryStream();
        using (var json = new Utf8JsonWriter(data))
        {
            json.WriteStartObject();
            json.WriteString("at"u8, _time.GetUtcNow().UtcDateTime);
            write(json);
            json.WriteEndObject();
        }

        var text = $"event: {name}\ndata: {System.Text.Encoding.UTF8.GetString(data.GetBuffer().AsSpan(0, (int)data.Length))}\n\n";
        foreach (var reader in _readers.Keys)
            reader.Writer.TryWrite(text);
    }

    internal async Task StreamAsync(HttpContext context, CancellationToken stopping)
    {
        if (_readers.Count >= MostReaders)
            throw new RequestException(StatusCodes.Status503ServiceUnavailable, "busy", "Too many readers", $"{MostReaders} read events already.");
        var events = Channel.CreateBounded<string>(new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropOldest });
        _readers[events] = true;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(": connected\n\n", ended.Token);
            await context.Response.Body.FlushAsync(ended.Token);
            var (next, keepAlive) = (events.Reader.ReadAsync(ended.Token).AsTask(), Task.Delay(s_keepAlive, _time, ended.Token));
            while (true)
            {
                // However many events there are, who reads them is asked for.
                if (await Task.WhenAny(keepAlive, next) == keepAlive)
                {
                    await keepAlive;
                    if (!await _keys.StillKnowsAsync(context.User, _time.GetUtcNow(), ended.Token))
                        return;
                    await context.Response.WriteAsync(": still there\n\n", ended.Token);
                    keepAlive = Task.Delay(s_keepAlive, _time, ended.Token);
                }
                else
                {
                    await context.Response.WriteAsync(await next, ended.Token);
                    next = events.Reader.ReadAsync(ended.Token).AsTask();
                }

                await context.Response.Body.FlushAsync(ended.Token);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The reader has gone, or the stream ends.
        }
        finally
        {
            _readers.TryRemove(events, out _);
        }
    }
}
