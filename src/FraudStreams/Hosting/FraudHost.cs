using System.Collections.Immutable;
using Akka;
using Akka.Actor;
using Akka.Event;
using Akka.Streams;
using Akka.Streams.Dsl;
using FraudStreams.Alerting;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Json;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.Pipelines;
using FraudStreams.RateLimiting;
using FraudStreams.Scoring;
using FraudStreams.Storage;
using FraudStreams.Topics;
using FraudStreams.WindowStates;

namespace FraudStreams.Hosting;

/// <summary>
/// A running stream: the branches of this process's roles, with their valves and counters. It runs until <see cref="StopAsync"/>; what
/// fails on the way is started again by its branch.
/// </summary>
public sealed class FraudHost : IAsyncDisposable
{
    /// <summary>A branch without work that has run so long past its longest pause is over its failure.</summary>
    static readonly TimeSpan BranchHolds = TimeSpan.FromSeconds(30);

    readonly FraudSettings _settings;
    readonly TimeProvider _time;
    readonly ActorSystem _system;
    readonly IMessageLog _topics;
    readonly PredictionStore? _store;
    readonly PartitionWindowStates? _memory;
    readonly DeliveryContext? _alerts;
    readonly IActorRef _desks = ActorRefs.Nobody;
    readonly SharedKillSwitch _stop = KillSwitches.Shared("stop");
    readonly PipelineHealth _health;
    readonly ImmutableSortedDictionary<string, Task> _branches;
    ImmutableArray<GroupLag> _lags = [];

    /// <param name="settings">What runs, and how.</param>
    /// <param name="schema">What a transaction is.</param>
    /// <param name="model">The version in service; needed where this process scores.</param>
    /// <param name="layers">Where the settings came from; its files are watched for other speeds.</param>
    /// <param name="log">Takes the lines that the program logs.</param>
    /// <param name="time">The clock of valves and timestamps.</param>
    public FraudHost(
        FraudSettings settings, TransactionSchema schema, ScoringModel? model, ConfigLayers layers, Action<string> log, TimeProvider time)
    {
        _time = time;
        Speeds = new PipelineRates(settings.Speeds.Speed1, settings.Speeds.Speed2, settings.Speeds.Speed3, time);
        Counters.ModelVersion = model?.Version;
        var config = layers.Load();
        if (settings.Roles.Contains(Role.Alert))
            config = settings.Alerts.Journal.ToAkka(settings.DataDirectory).WithFallback(config);
        _system = ActorSystem.Create("fraudstreams", config);
        _system.ActorOf(ConsoleLogger.Props(log), "console-logger");
        _topics = settings.Topics.Open(settings.DataDirectory, _system, time, LogStandby);
        _settings = settings = settings.Fitting(_topics, schema);
        _store = settings.Roles.Contains(Role.Store) || settings.Roles.Contains(Role.Label)
            ? settings.Store.Open(settings.DataDirectory, settings.Topics, schema, time)
            : null;
        if (settings.Roles.Contains(Role.Alert))
        {
            _alerts = new DeliveryContext(
                settings.Alerts, DeliveryContext.ChannelsOf(settings.Alerts, settings.DataDirectory, time), _topics, Counters, Alerts, time);
            _desks = _system.ActorOf(AlertOutboxes.Props(_alerts, new AlertJournalTables(settings.Alerts.Journal, settings.DataDirectory)), "alert-desks");
        }

        _health = new PipelineHealth(3 * settings.Restart.Max + BranchHolds, time);
        if (settings.Roles.Contains(Role.Score))
            _memory = PartitionWindowStates.Open(schema, _topics, settings, _system.Log, time);
        _branches = Branches(schema, model);
        _system.ActorOf(ConfigReloader.Props(layers, settings.Speeds, Speeds), "speeds-file");
        var roles = settings.Roles.Order().Select(role => role.ToString().ToLowerInvariant()).ToImmutableArray();
        _system.ActorOf(HeartbeatActor.Props(settings.DataDirectory, roles, _topics, _health, time), "pulse");
    }

    public StreamCounters Counters { get; } = new();

    public PipelineRates Speeds { get; }

    /// <summary>The alerts of this process that wait.</summary>
    public PendingAlerts Alerts { get; } = new();

    public IMessageLog Topics => _topics;

    /// <summary>Completes when the producer of this process has sent the last row of its input; at once where none runs here.</summary>
    public Task Produced => _branches.GetValueOrDefault(ConsumerGroups.Simulate, Task.CompletedTask);

    /// <summary>Completes when the producer is done, every group of this process has read its topic to the end, and every alert is delivered.</summary>
    public async Task DrainedAsync(CancellationToken cancellationToken)
    {
        await Produced.WaitAsync(cancellationToken);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50), _time);
        while (!await CaughtUpAsync(cancellationToken))
            await tick.WaitForNextTickAsync(cancellationToken);
    }

    /// <summary>
    /// Takes no more, finishes and commits what was taken, and ends the actor system. A valve that is turned down does not hold this up:
    /// behind the topics the valves open for what is still under way, and a payment that waits before them was not taken.
    /// </summary>
    /// <returns>The branches that had not finished within the time for draining; what they had taken is read again at the next start.</returns>
    public async Task<ImmutableArray<string>> StopAsync()
    {
        _stop.Shutdown();
        Speeds.Speed2.Speed = Speeds.Speed3.Speed = Rate.Unlimited;
        var all = Task.WhenAll(_branches.Values);
        await Task.WhenAny(all, Task.Delay(_settings.DrainTimeout, _time));
        await Task.WhenAny(CloseDesksAsync(), Task.Delay(_settings.DrainTimeout, _time));
        var unfinished = _branches.Where(branch => !branch.Value.IsCompleted).Select(branch => branch.Key).ToImmutableArray();
        await _system.Terminate();
        return unfinished;
    }

    public async ValueTask DisposeAsync()
    {
        await _system.Terminate();
        await _topics.DisposeAsync();
        if (_store is not null)
            await _store.DisposeAsync();
        _memory?.Dispose();
        _alerts?.Dispose();
        Speeds.Dispose();
    }

    /// <summary>How far the groups are behind; what was last known while the topics cannot be asked.</summary>
    public async Task<ImmutableArray<GroupLag>> LagsAsync()
    {
        try
        {
            var status = await _topics.StatusAsync(CancellationToken.None);
            _lags = [.. ConsumerGroups.Consumers.Select(group => status.Of(group.Group, group.Topic))];
        }
        catch (MessageLogException e)
        {
            _system.Log.Debug("The lag of the groups is not known now: {0}", e.Message);
        }

        return _lags;
    }

    async Task<bool> CaughtUpAsync(CancellationToken cancellationToken)
    {
        MessageLogStatus status;
        try
        {
            status = await _topics.StatusAsync(cancellationToken);
        }
        catch (MessageLogException e)
        {
            // The branches wait until the topics can be read again, and so does this.
            _system.Log.Debug("Whether everything is read is not known now: {0}", e.Message);
            return false;
        }

        if (!status.Faults.IsEmpty)
            throw new MessageLogException(string.Join("; ", status.Faults));
        return Here(Role.Score, ConsumerGroups.Score, TopicNames.Transactions)
            && Here(Role.Alert, ConsumerGroups.Alert, TopicNames.Predictions)
            && Here(Role.Store, ConsumerGroups.Store, TopicNames.Predictions)
            && Here(Role.Label, ConsumerGroups.Label, TopicNames.Labels)
            && AlertsAreOut();

        bool Here(Role role, string group, string topic) => !_settings.Roles.Contains(role) || status.Of(group, topic).Lag == 0;
    }

    /// <summary>Whether none waits; what only waits for others of its card no longer has to.</summary>
    bool AlertsAreOut()
    {
        if (_alerts is null || Alerts.IsIdle)
            return true;
        _desks.Tell(new FlushDigests());
        return false;
    }

    /// <summary>What is under way to people is finished and noted; what has not begun stays in the journal.</summary>
    Task CloseDesksAsync() => _alerts is null ? Task.CompletedTask : _desks.Ask<OutboxesClosed>(new CloseOutboxes(), _settings.DrainTimeout);

    ImmutableSortedDictionary<string, Task> Branches(TransactionSchema schema, ScoringModel? model)
    {
        var branches = ImmutableSortedDictionary.CreateBuilder<string, Task>();
        if (_settings.Roles.Contains(Role.Store))
            branches[ConsumerGroups.Store] = Run(FraudPipeline.Store(Branch(ConsumerGroups.Store), _store!, Speeds.Speed3));
        if (_settings.Roles.Contains(Role.Label))
            branches[ConsumerGroups.Label] = Run(FraudPipeline.Labels(Branch(ConsumerGroups.Label), _store!));
        if (_settings.Roles.Contains(Role.Alert))
            branches[ConsumerGroups.Alert] = Run(FraudPipeline.Alert(Branch(ConsumerGroups.Alert), schema, AlertTemplate.Of(_settings.Alerts.Template, schema), _desks));
        if (_settings.Roles.Contains(Role.Score))
            branches[ConsumerGroups.Score] = Run(FraudPipeline.Score(Branch(ConsumerGroups.Score), schema, _memory, Desk(model!), Speeds.Speed2));
        if (_settings.Roles.Contains(Role.Simulate))
            branches[ConsumerGroups.Simulate] = Run(FraudPipeline.Simulate(Branch(ConsumerGroups.Simulate), schema, Speeds.Speed1));
        return branches.ToImmutable();
    }

    void LogStandby(GroupStandby standby)
    {
        if (standby.Group == ConsumerGroups.Alert)
            Alerts.Elsewhere();
        _system.Log.Info("{0} consumes {1} as group {2}; this process waits and takes over when it is gone", standby.Holder, standby.Topic, standby.Group);
    }

    IActorRef Desk(ScoringModel model) =>
        _system.ActorOf(ModelSupervisor.Props(model, new ModelRegistry(_settings.DataDirectory, _time), _settings.Scoring, _settings.Restart), "model-desk");

    PipelineContext Branch(string name) => new(name, _settings, _topics, _stop, Counters, _health, _system.Log, _time);

    Task<Done> Run(IRunnableGraph<Task<Done>> graph) => graph.Run(_system.Materializer());
}
