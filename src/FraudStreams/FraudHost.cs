using System.Collections.Immutable;
using Akka;
using Akka.Actor;
using Akka.Event;
using Akka.Streams;
using Akka.Streams.Dsl;
using FraudStreams.Alerts;
using FraudStreams.Ingest;
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
    readonly FraudSettings _settings;
    readonly TimeProvider _time;
    readonly ActorSystem _system;
    readonly EmbeddedTopics _topics;
    readonly PredictionStore? _store;
    readonly SharedKillSwitch _stop = KillSwitches.Shared("stop");
    readonly ImmutableSortedDictionary<string, Task> _branches;

    /// <param name="settings">What runs, and how.</param>
    /// <param name="schema">What a transaction is.</param>
    /// <param name="model">The version in service; needed where this process scores.</param>
    /// <param name="layers">Where the settings came from; its files are watched for other speeds.</param>
    /// <param name="time">The clock of valves and timestamps.</param>
    public FraudHost(FraudSettings settings, TransactionSchema schema, LoadedModel? model, ConfigLayers layers, TimeProvider time)
    {
        _settings = settings;
        _time = time;
        Speeds = new SpeedControl(settings.Speeds.Speed1, settings.Speeds.Speed2, settings.Speeds.Speed3, time);
        _topics = EmbeddedTopics.Open(settings.Topics.Embedded(settings.DataDirectory), time);
        _store = settings.Roles.Contains(Role.Store) ? PredictionStore.Open(settings.DataDirectory, schema) : null;
        _system = ActorSystem.Create("fraudstreams", layers.Load());
        _branches = Branches(schema, model);
        _system.ActorOf(SpeedsFile.Props(layers, settings.Speeds, Speeds), "speeds-file");
    }

    public StreamCounters Counters { get; } = new();

    public SpeedControl Speeds { get; }

    public ITopics Topics => _topics;

    /// <summary>Completes when the producer of this process has sent the last row of its input; at once where none runs here.</summary>
    public Task Produced => _branches.GetValueOrDefault(Groups.Simulate, Task.CompletedTask);

    /// <summary>Completes when the producer is done and every group has read its topic to the end, fails when the producer fails.</summary>
    public async Task DrainedAsync(CancellationToken cancellationToken)
    {
        await Produced.WaitAsync(cancellationToken);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50), _time);
        while (!await CaughtUpAsync(cancellationToken))
            await tick.WaitForNextTickAsync(cancellationToken);
    }

    /// <summary>
    /// Takes no more, finishes and commits what was taken, and ends the actor system. A valve that is turned down does not hold this up:
    /// the valves open for what is still under way.
    /// </summary>
    /// <returns>The branches that had not finished within the time for draining; what they had taken is read again at the next start.</returns>
    public async Task<ImmutableArray<string>> StopAsync()
    {
        _stop.Shutdown();
        Speeds.Speed1.Speed = Speeds.Speed2.Speed = Speeds.Speed3.Speed = Speed.Unlimited;
        var all = Task.WhenAll(_branches.Values);
        await Task.WhenAny(all, Task.Delay(_settings.DrainTimeout, _time));
        var unfinished = _branches.Where(branch => !branch.Value.IsCompleted).Select(branch => branch.Key).ToImmutableArray();
        await _system.Terminate();
        return unfinished;
    }

    public async ValueTask DisposeAsync()
    {
        await _system.Terminate();
        await _topics.DisposeAsync();
        _store?.Dispose();
        Speeds.Dispose();
    }

    async Task<bool> CaughtUpAsync(CancellationToken cancellationToken)
    {
        var status = await _topics.StatusAsync(cancellationToken);
        return Here(Role.Score, Groups.Score) && Here(Role.Alert, Groups.Alert) && Here(Role.Store, Groups.Store);

        bool Here(Role role, string group) =>
            !_settings.Roles.Contains(role) || status.Groups.FirstOrDefault(lag => lag.Group == group) is { Lag: 0 };
    }

    ImmutableSortedDictionary<string, Task> Branches(TransactionSchema schema, LoadedModel? model)
    {
        var branches = ImmutableSortedDictionary.CreateBuilder<string, Task>();
        if (_settings.Roles.Contains(Role.Store))
            branches[Groups.Store] = Run(FraudPipeline.Store(Branch(Groups.Store), _store!, Speeds.Speed3));
        if (_settings.Roles.Contains(Role.Alert))
            branches[Groups.Alert] = Run(FraudPipeline.Alert(Branch(Groups.Alert), AlertDesk.From(_settings.Alerts, schema, _settings.DataDirectory, _time)));
        if (_settings.Roles.Contains(Role.Score))
            branches[Groups.Score] = Run(FraudPipeline.Score(Branch(Groups.Score), schema, Desk(model!), Speeds.Speed2));
        if (_settings.Roles.Contains(Role.Simulate))
            branches[Groups.Simulate] = Run(FraudPipeline.Simulate(Branch(Groups.Simulate), schema, Speeds.Speed1));
        return branches.ToImmutable();
    }

    IActorRef Desk(LoadedModel model) =>
        _system.ActorOf(ModelDesk.Props(model, new ModelShelf(_settings.DataDirectory, _time), _settings.Scoring, _settings.Restart), "model-desk");

    BranchParts Branch(string name) => new(name, _settings, _topics, _stop, Counters, _system.Log, _time);

    Task Run(IRunnableGraph<Task<Done>> graph) => graph.Run(_system.Materializer());
}
