using System.Collections.Immutable;
using Akka.Actor;
using Akka.Streams;
using FraudStreams.Access.Audit;
using FraudStreams.Alerting;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Candidates;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Pipelines;
using FraudStreams.Privacy;
using FraudStreams.RateLimiting;
using FraudStreams.Topics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Hosting;

/// <summary>
/// The running stream of a process: opens the topics, starts the pipelines of its roles and, told to stop, drains them. The actor system is started
/// before it and terminated after it.
/// </summary>
public sealed class StreamService : IHostedService, IAsyncDisposable
{
    /// <summary>A stop is not held up by topics that do not answer.</summary>
    static readonly TimeSpan s_leftTimeout = TimeSpan.FromSeconds(3);

    readonly StreamOptions _options;
    readonly ActorSystem _system;
    readonly StreamMetrics _metrics;
    readonly PipelineHealth _health;
    readonly PendingAlerts _pendingAlerts;
    readonly DeliveredAlerts _deliveredAlerts;
    readonly ILoggerFactory _loggers;
    readonly ILogger<StreamService> _log;
    readonly TimeProvider _time;
    readonly LiveCandidateSettings _candidates;
    readonly AuditLog _audit;
    readonly AnnouncedAddress? _announced;
    readonly StopSwitch _stop = new();
    ImmutableArray<IPipeline> _pipelines = [];
    ImmutableArray<(IPipeline Pipeline, Task Completion)> _running = [];
    StreamResources? _resources;
    IMessageLog? _topics;
    ImmutableArray<GroupLag> _lags = [];

    /// <param name="announced">Null where this process does not answer over HTTP.</param>
    public StreamService(
        StreamOptions options, ActorSystem system, StreamMetrics metrics, PipelineHealth health, PendingAlerts pendingAlerts, DeliveredAlerts deliveredAlerts,
        PipelineRates rates, LiveCandidateSettings candidates, AuditLog audit, ILoggerFactory loggers, TimeProvider time, AnnouncedAddress? announced = null)
    {
        _options = options;
        _system = system;
        _metrics = metrics;
        _health = health;
        _pendingAlerts = pendingAlerts;
        _deliveredAlerts = deliveredAlerts;
        _loggers = loggers;
        _log = loggers.CreateLogger<StreamService>();
        _time = time;
        Rates = rates;
        _candidates = candidates;
        _audit = audit;
        _announced = announced;
    }

    public PipelineRates Rates { get; }

    /// <summary>The topics; null before the start.</summary>
    internal IMessageLog? Topics => _topics;

    /// <summary>The scorer of this process; null before the start, and where it does not score.</summary>
    internal LiveScorer? Scorer => _resources?.Scorer;

    /// <summary>Whether every pipeline of this process runs.</summary>
    internal bool IsStarted { get; private set; }

    /// <summary>Whether it was told to stop: what it has taken is finished, and nothing more is taken.</summary>
    internal bool IsStopping => _stop.Thrown.IsCancellationRequested;

    /// <summary>After a stop: the pipelines that had not finished within the time for draining; what they had in flight is read again at the next start.</summary>
    public ImmutableArray<string> Unfinished { get; private set; } = [];

    /// <summary>After a stop: what each pipeline leaves to the next start, such as "store: 12 predictions not stored"; null where the topics did not say.</summary>
    public ImmutableArray<string>? Left { get; private set; }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var settings = _options.Settings;
        var tokens = settings.Privacy.For(_options.Schema);
        _topics = TokenizedLog.Of(StreamTopics.Open(settings, _loggers.CreateLogger("FraudStreams.Messaging"), _time, LogStandby, announced: _announced?.Address), tokens);
        _metrics.NameOf = _topics.NameOf;
        settings = settings.Fitting(_topics, _options.Schema);
        _resources = new StreamResources(
            _system, _topics, _options.Schema, _options.Model, _pendingAlerts, _deliveredAlerts,
            () => settings.Store.Open(settings.DataDirectory, settings.Topics, _options.Schema, _time));

        // All are known before the first runs: its group may be told to stand by at once.
        _pipelines = [.. PipelineCatalog.Create().Where(pipeline =>
            settings.Roles.Contains(pipeline.Role) && (pipeline.Topic is null || settings.Topics.PartitionsOfTopics.ContainsKey(pipeline.Topic)))];
        foreach (var pipeline in _pipelines)
        {
            _metrics.Runs(pipeline.Name);
            var context = new PipelineContext(
                pipeline.Name, settings, _resources, Rates, _candidates, _stop, _metrics, _health, _loggers.CreateLogger(pipeline.GetType().FullName!), _time);
            _running = _running.Add((pipeline, pipeline.Build(context).Run(_system.Materializer())));
        }

        _system.ActorOf(ConfigReloader.Props(_options.Layers, _options.Started, settings.Speeds, Rates, _candidates, _audit, _time), "config-reloader");
        IsStarted = true;
        return Task.CompletedTask;
    }

    /// <summary>Completes when the producer is done, every group of this process has read its topic to the end, and every alert is delivered.</summary>
    public async Task DrainedAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(_running.Where(running => running.Pipeline.EndsByItself).Select(running => running.Completion)).WaitAsync(cancellationToken);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50), _time);
        while (!await IsDrainedAsync(cancellationToken))
            await tick.WaitForNextTickAsync(cancellationToken);
    }

    /// <summary>
    /// Consumes no more, finishes and commits what is in flight. The rates hold, so that a database that speed_3 spares is spared now too; and they hold
    /// nothing up: a payment that waits before a limit was not consumed, and is read again at the next start.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var timeout = _options.Settings.DrainTimeout;
        _stop.Throw();
        await Task.WhenAny(Task.WhenAll(_running.Select(running => running.Completion)), Task.Delay(timeout, _time, CancellationToken.None));
        await Task.WhenAny(Task.WhenAll(_running.Select(running => running.Pipeline.CloseAsync(timeout))), Task.Delay(timeout, _time, CancellationToken.None));
        Unfinished = [.. _running.Where(running => !running.Completion.IsCompleted).Select(running => running.Pipeline.Name).Order(StringComparer.Ordinal)];
        Left = await LeftAsync();
    }

    /// <summary>Called after the actor system has terminated, so that no stream writes into what is closed here.</summary>
    public async ValueTask DisposeAsync()
    {
        await _system.Terminate();
        if (_topics is not null)
            await _topics.DisposeAsync();
        if (_resources is not null)
            await _resources.DisposeAsync();
    }

    /// <summary>How far the groups are behind; what was last known while the topics cannot be asked.</summary>
    public async Task<ImmutableArray<GroupLag>> LagsAsync()
    {
        try
        {
            var status = await _topics!.StatusAsync(CancellationToken.None);
            _lags = [.. _options.Settings.Topics.Consumers.Select(consumer => status.Of(consumer.Group, consumer.Topic))];
        }
        catch (MessageLogException e)
        {
            _log.LogDebug("The lag of the groups is not known now: {Reason}", e.Message);
        }

        return _lags;
    }

    async Task<ImmutableArray<string>?> LeftAsync()
    {
        if (_topics is null)
            return [];
        try
        {
            var status = await _topics!.StatusAsync(CancellationToken.None).WaitAsync(s_leftTimeout, _time);
            return
            [
                .. from pipeline in _pipelines.Reverse()
                   let left = pipeline.Left(status).Where(left => left.Count > 0).Select(left => $"{left.Count:N0} {left.What}").ToList()
                   where left.Count > 0
                   select $"{pipeline.Name}: {string.Join(" and ", left)}",
            ];
        }
        catch (Exception e) when (e is MessageLogException or TimeoutException)
        {
            _log.LogDebug("What is left to do is not known: {Reason}", e.Message);
            return null;
        }
    }

    async Task<bool> IsDrainedAsync(CancellationToken cancellationToken)
    {
        MessageLogStatus status;
        try
        {
            status = await _topics!.StatusAsync(cancellationToken);
        }
        catch (MessageLogException e)
        {
            // The pipelines wait until the topics can be read again, and so does this.
            _log.LogDebug("Whether everything is read is not known now: {Reason}", e.Message);
            return false;
        }

        if (!status.Faults.IsEmpty)
            throw new MessageLogException(string.Join("; ", status.Faults));
        return _running.All(running => running.Pipeline.IsDrained(status));
    }

    void LogStandby(GroupStandby standby)
    {
        foreach (var pipeline in _pipelines.Where(pipeline => pipeline.Name == standby.Group))
            pipeline.OnStandby();
        _log.LogInformation(
            "{Holder} consumes {Topic} as group {Group}; this process waits and takes over when it is gone", standby.Holder, standby.Topic, standby.Group);
    }
}
