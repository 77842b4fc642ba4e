using System.Collections.Immutable;
using Akka;
using Akka.Actor;
using Akka.Event;
using Akka.Streams;
using Akka.Streams.Dsl;
using FraudStreams.Alerts;
using FraudStreams.Ingest;
using FraudStreams.Memory;
using FraudStreams.Model.Formats;
using FraudStreams.Model.Schema;
using FraudStreams.ModelOps;
using FraudStreams.Monitoring;
using FraudStreams.Scoring;
using FraudStreams.Settings;
using FraudStreams.Speeds;
using FraudStreams.Storage;
using FraudStreams.Topics;

namespace FraudStreams;

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
    readonly ITopics _topics;
    readonly PredictionStore? _store;
    readonly FeatureMemory? _memory;
    readonly AlertOffice? _alerts;
    readonly IActorRef _desks = ActorRefs.Nobody;
    readonly SharedKillSwitch _stop = KillSwitches.Shared("stop");
    readonly BranchHealth _health;
    readonly ImmutableSortedDictionary<string, Task> _branches;
    ImmutableArray<GroupLag> _lags = [];

    /// <param name="settings">What runs, and how.</param>
    /// <param name="schema">What a transaction is.</param>
    /// <param name="model">The version in service; needed where this process scores.</param>
    /// <param name="layers">Where the settings came from; its files are watched for other speeds.</param>
    /// <param name="log">Takes the lines that the program logs.</param>
    /// <param name="time">The clock of valves and timestamps.</param>
    public FraudHost(
        FraudSettings settings, TransactionSchema schema, LoadedModel? model, ConfigLayers layers, Action<string> log, TimeProvider time)
    {
        _time = time;
        Speeds = new SpeedControl(settings.Speeds.Speed1, settings.Speeds.Speed2, settings.Speeds.Speed3, time);
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
            _alerts = new AlertOffice(
                settings.Alerts, AlertOffice.ChannelsOf(settings.Alerts, settings.DataDirectory, time), _topics, Counters, Alerts, time);
            _desks = _system.ActorOf(AlertDesks.Props(_alerts, new AlertJournalTables(settings.Alerts.Journal, settings.DataDirectory)), "alert-desks");
        }

        _health = new BranchHealth(3 * settings.Restart.Max + BranchHolds, time);
        if (settings.Roles.Contains(Role.Score))
            _memory = FeatureMemory.Open(schema, _topics, settings, _system.Log, time);
        _branches = Branches(schema, model);
        _system.ActorOf(SpeedsFile.Props(layers, settings.Speeds, Speeds), "speeds-file");
        var roles = settings.Roles.Order().Select(role => role.ToString().ToLowerInvariant()).ToImmutableArray();
        _system.ActorOf(PulseWriter.Props(settings.DataDirectory, roles, _topics, _health, time), "pulse");
    }

    public StreamCounters Counters { get; } = new();

    public SpeedControl Speeds { get; }

    /// <summary>The alerts of this process that wait.</summary>
    public AlertGauge Alerts { get; } = new();

    public ITopics Topics => _topics;

    /// <summary>Completes when the producer of this process has sent the last row of its input; at once where none runs here.</summary>
    public Task Produced => _branches.GetValueOrDefault(Groups.Simulate, Task.CompletedTask);

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
        Speeds.Speed2.Speed = Speeds.Speed3.Speed = Speed.Unlimited;
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
            _lags = [.. Groups.Consumers.Select(group => status.Of(group.Group, group.Topic))];
        }
        catch (TopicsException e)
        {
            _system.Log.Debug("The lag of the groups is not known now: {0}", e.Message);
        }

        return _lags;
    }

    async Task<bool> CaughtUpAsync(CancellationToken cancellationToken)
    {
        TopicsStatus status;
        try
        {
            status = await _topics.StatusAsync(cancellationToken);
        }
        catch (TopicsException e)
        {
            // The branches wait until the topics can be read again, and so does this.
            _system.Log.Debug("Whether everything is read is not known now: {0}", e.Message);
            return false;
        }

        if (!status.Faults.IsEmpty)
            throw new TopicsException(string.Join("; ", status.Faults));
        return Here(Role.Score, Groups.Score, Topic.Transactions)
            && Here(Role.Alert, Groups.Alert, Topic.Predictions)
            && Here(Role.Store, Groups.Store, Topic.Predictions)
            && Here(Role.Label, Groups.Label, Topic.Labels)
            && AlertsAreOut();

        bool Here(Role role, string group, string topic) => !_settings.Roles.Contains(role) || status.Of(group, topic).Lag == 0;
    }

    /// <summary>Whether none waits; what only waits for others of its card no longer has to.</summary>
    bool AlertsAreOut()
    {
        if (_alerts is null || Alerts.IsIdle)
            return true;
        _desks.Tell(new HurryAlerts());
        return false;
    }

    /// <summary>What is under way to people is finished and noted; what has not begun stays in the journal.</summary>
    Task CloseDesksAsync() => _alerts is null ? Task.CompletedTask : _desks.Ask<DesksClosed>(new CloseDesks(), _settings.DrainTimeout);

    ImmutableSortedDictionary<string, Task> Branches(TransactionSchema schema, LoadedModel? model)
    {
        var branches = ImmutableSortedDictionary.CreateBuilder<string, Task>();
        if (_settings.Roles.Contains(Role.Store))
            branches[Groups.Store] = Run(FraudPipeline.Store(Branch(Groups.Store), _store!, Speeds.Speed3));
        if (_settings.Roles.Contains(Role.Label))
            branches[Groups.Label] = Run(FraudPipeline.Labels(Branch(Groups.Label), _store!));
        if (_settings.Roles.Contains(Role.Alert))
            branches[Groups.Alert] = Run(FraudPipeline.Alert(Branch(Groups.Alert), schema, AlertTemplate.Of(_settings.Alerts.Template, schema), _desks));
        if (_settings.Roles.Contains(Role.Score))
            branches[Groups.Score] = Run(FraudPipeline.Score(Branch(Groups.Score), schema, _memory, Desk(model!), Speeds.Speed2));
        if (_settings.Roles.Contains(Role.Simulate))
            branches[Groups.Simulate] = Run(FraudPipeline.Simulate(Branch(Groups.Simulate), schema, Speeds.Speed1));
        return branches.ToImmutable();
    }

    void LogStandby(GroupStandby standby)
    {
        if (standby.Group == Groups.Alert)
            Alerts.Elsewhere();
        _system.Log.Info("{0} consumes {1} as group {2}; this process waits and takes over when it is gone", standby.Holder, standby.Topic, standby.Group);
    }

    IActorRef Desk(LoadedModel model) =>
        _system.ActorOf(ModelDesk.Props(model, new ModelShelf(_settings.DataDirectory, _time), _settings.Scoring, _settings.Restart), "model-desk");

    BranchParts Branch(string name) => new(name, _settings, _topics, _stop, Counters, _health, _system.Log, _time);

    Task<Done> Run(IRunnableGraph<Task<Done>> graph) => graph.Run(_system.Materializer());
}
