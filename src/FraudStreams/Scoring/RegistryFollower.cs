using Akka.Actor;
using Akka.Event;
using FraudStreams.Messaging;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;

namespace FraudStreams.Scoring;

/// <summary>
/// Follows the shared model registry for one scoring host: what is put into service there scores here from the next batch on, and what challenges it scores
/// in its shadow. Those that may be put into service next are loaded, and have passed their self-test, before they are. A version that cannot be used is reported
/// to the registry, which goes back to the one before on every host; so is a champion on probation that is out of bounds. While the registry cannot be read, the versions stay.
/// </summary>
sealed class RegistryFollower : ReceiveActor, IWithTimers
{
    /// <summary>How often it takes what has arrived, which costs no question to a broker; and how often it asks, which alone notices that there is no broker.</summary>
    static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50), AskInterval = TimeSpan.FromSeconds(1);

    readonly ModelRegistry _registry;
    readonly LocalModels _local;
    readonly IActorRef _supervisor;
    readonly IActorRef _challenger;
    readonly ProbationWatch _watch;
    readonly TimeProvider _time;
    readonly TransactionSchema _schema;
    readonly Action<string>? _serves;
    readonly ILoggingAdapter _log = Context.GetLogger();
    (string Version, double Threshold) _inService;

    /// <summary>What is logged once the model that was put into service last scores.</summary>
    (ScoringModel Model, string Former, RegistryEvent Entry)? _starting;

    /// <summary>With the entry that put it there: the same version may be stood down and challenge again between two looks.</summary>
    (string Version, double Threshold, long Entry)? _inShadow;
    bool _isUnreadable;
    long? _asked;

    /// <summary>When a version could last not be fetched beforehand.</summary>
    long? _notFetched;

    /// <summary>Versions that are in service or in the shadow, or may be next; null for one that could not be loaded beforehand.</summary>
    readonly Dictionary<string, ScoringModel?> _loaded = [];

    /// <summary>A version that failed here and is not reported yet: until then the registry would put it into service again.</summary>
    FellBack? _unreported;

    /// <summary>A challenger that failed here and is not reported yet.</summary>
    ChallengerGivenUp? _givenUp;

    /// <param name="serves">Called with each version that scores here from now on.</param>
    public RegistryFollower(
        ModelRegistry registry, LocalModels local, IActorRef supervisor, IActorRef challenger, ProbationWatch watch, ScoringModel inService, TimeProvider time,
        Action<string>? serves)
    {
        _serves = serves;
        _registry = registry;
        _local = local;
        _supervisor = supervisor;
        _challenger = challenger;
        _watch = watch;
        _time = time;
        _schema = inService.Schema;
        _loaded[inService.Version] = inService;
        _inService = (inService.Version, inService.Threshold);
        ReceiveAsync<Poll>(_ => PollAsync());
        Receive<FellBack>(fellBack =>
        {
            (_unreported, _inService) = (fellBack, (fellBack.To, double.NaN));
            _serves?.Invoke(fellBack.To);
        });
        Receive<ModelStarted>(OnStarted);
        Receive<ChallengerGivenUp>(givenUp => _givenUp = givenUp);
    }

    sealed record Poll
    {
        public static readonly Poll Instance = new();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(
        ModelRegistry registry, LocalModels local, IActorRef supervisor, IActorRef challenger, ProbationWatch watch, ScoringModel inService, TimeProvider time,
        Action<string>? serves = null) =>
        Akka.Actor.Props.Create(() => new RegistryFollower(registry, local, supervisor, challenger, watch, inService, time, serves));

    protected override void PreStart()
    {
        _supervisor.Tell(new ReportFallbacks());
        Self.Tell(Poll.Instance);
    }

    async Task PollAsync()
    {
        try
        {
            await ReadAsync();
            if (_unreported is { } fellBack)
                await ReportAsync(fellBack);
            if (_givenUp is { } givenUp)
                await _registry.StandDownAsync(givenUp.Version, ModelRegistry.Program, ModelRegistry.OneLine(givenUp.Why), CancellationToken.None);
            _givenUp = null;
            await WatchAsync();
            await FollowAsync();
            await FollowChallengerAsync();
            await PrepareAsync();
            if (_isUnreadable)
                _log.Info("The model registry can be used again");
            _isUnreadable = false;
        }
        catch (Exception e) when (e is MessageLogException or RegistryException or IOException or UnauthorizedAccessException)
        {
            if (!_isUnreadable)
                _log.Warning("The model registry cannot be used ({Reason}); {Version} goes on scoring", e.Message, _inService.Version);
            _isUnreadable = true;
        }

        Timers.StartSingleTimer(nameof(Poll), Poll.Instance, _isUnreadable ? AskInterval : PollInterval);
    }

    async Task ReadAsync()
    {
        if (!_isUnreadable && _asked is { } asked && _time.GetElapsedTime(asked) < AskInterval)
        {
            await _registry.TakeArrivedAsync(CancellationToken.None);
            return;
        }

        _asked = _time.GetTimestamp();
        await _registry.RefreshAsync(CancellationToken.None);
    }

    async Task<ScoringModel> LoadAsync(string version)
    {
        if (_loaded.GetValueOrDefault(version) is { } loaded)
            return loaded.WithThreshold(_registry[version].Threshold);
        var model = await _registry.LoadAsync(version, CancellationToken.None, text => _log.Warning("{Text}", text));
        if (model.Schema != _schema)
            throw new ModelArtifactException($"it scores payments of schema {model.Schema.Name}, and not of this stream's");
        _loaded[version] = model;
        return model;
    }

    /// <summary>
    /// Loads one of the versions that may be put into service next, fetching it where this host lacks it: a promotion does not wait for that then. Where it
    /// cannot be loaded nobody is told, since nobody wants it yet; where it cannot be fetched now, that is tried again.
    /// </summary>
    async Task PrepareAsync()
    {
        var state = _registry.State;
        string?[] next = [state.Champion, state.Challenger, .. state.Before.Take(1), .. state.Requests.Keys, state.Versions.Values.Where(version => version.Failure is null).MaxBy(version => version.RegisteredAt)?.Version];
        foreach (var gone in _loaded.Keys.Except(next.OfType<string>()).ToList())
            _loaded.Remove(gone);
        if (next.FirstOrDefault(version => version is not null && !_loaded.ContainsKey(version)) is not { } missing
            || (_notFetched is { } last && _time.GetElapsedTime(last) < AskInterval))
            return;
        _loaded[missing] = null;
        try
        {
            await LoadAsync(missing);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            if (e is MessageLogException)
            {
                _loaded.Remove(missing);
                _notFetched = _time.GetTimestamp();
            }

            _log.Debug("Model {Version} cannot be loaded beforehand: {Reason}", missing, e.Message);
        }
    }

    async Task ReportAsync(FellBack fellBack)
    {
        await _registry.FallBackAsync(fellBack.Failed, fellBack.To, fellBack.Why, CancellationToken.None);
        _unreported = null;

        // The registry does not know the version that took over: the one that failed is not put into service again before it says something new.
        if (_registry.State.Champion == fellBack.Failed)
            _inService = (fellBack.Failed, _registry[fellBack.Failed].Threshold);
    }

    async Task FollowAsync()
    {
        var state = _registry.State;
        if (state.Champion is not { } champion || !state.Versions.TryGetValue(champion, out var wanted) || (champion, wanted.Threshold) == _inService)
            return;

        // It stays the champion where none before it can be used; loading it again would fail again.
        if (wanted.Failure is not null)
            return;
        try
        {
            var model = await LoadAsync(champion);
            _starting = (model, $"{_inService.Version} with {_inService.Threshold}", state.History[^1]);
            _supervisor.Tell(new UseModel(model), Self);
            _inService = (champion, wanted.Threshold);
            Note(state);
        }
        catch (ModelArtifactException e)
        {
            _log.Error("Model {Version} cannot be used, {Former} goes on scoring: {Reason}", champion, _inService.Version, e.Message);
            await _registry.FailAsync(champion, $"{ModelRegistry.Program} cannot use it: {e.Message}", CancellationToken.None);
        }
    }

    void OnStarted(ModelStarted started)
    {
        if (_starting is not var (model, former, entry) || !ReferenceEquals(model, started.Model))
            return;
        _starting = null;
        _serves?.Invoke(model.Version);
        _log.Info(
            "Model {Version} scores from now on, with threshold {Threshold} (before: {Former}): entry {Entry} of the registry, by {Actor} ({Why})", model.Version, model.Threshold, former,
            entry.Number, entry.Actor, entry.Why);
    }

    async Task FollowChallengerAsync()
    {
        var state = _registry.State;
        (string Version, double Threshold, long Entry)? wanted = state.Challenger is { } challenger && state.Versions.TryGetValue(challenger, out var known)
            ? (challenger, known.Threshold, state.InShadow!.Number)
            : null;
        if (wanted == _inShadow)
            return;
        if (wanted is not { } next)
        {
            _challenger.Tell(new UseChallenger(null), Self);
            _log.Info("Model {Version} scores in the champion's shadow no more: entry {Entry} of the registry", _inShadow!.Value.Version, state.History.Count);
            _inShadow = null;
            return;
        }

        try
        {
            var model = await LoadAsync(next.Version);
            _challenger.Tell(new UseChallenger(model), Self);
            _log.Info("Model {Version} scores in the champion's shadow from now on, with threshold {Threshold}: entry {Entry} of the registry, by {Actor} ({Why})", next.Version,
                next.Threshold, state.InShadow!.Number, state.InShadow.Actor, state.InShadow.Why);
            _inShadow = wanted;
        }
        catch (ModelArtifactException e)
        {
            _log.Warning("Challenger {Version} cannot be used: {Reason}", next.Version, e.Message);
            await _registry.FailAsync(next.Version, $"{ModelRegistry.Program} cannot use it: {e.Message}", CancellationToken.None);
        }
    }

    /// <summary>Begins and ends a probation as the registry says, and has a champion that is out of bounds replaced by the version before it.</summary>
    async Task WatchAsync()
    {
        var state = _registry.State;
        if (state.ProbationUntil is not { } until || state.Before is not [var former, ..])
        {
            _watch.End();
        }
        else if (_time.GetUtcNow() >= until)
        {
            _watch.End();
            if (state.IsChallengerOnProbation)
                await _registry.StandDownAsync(state.Challenger!, ModelRegistry.Program, $"the probation of {state.Champion} is over", CancellationToken.None);
        }
        else
        {
            // Who changes the threshold wants other alerts: they are not compared from then on.
            var changed = state.History.LastOrDefault(entry => entry.Action == RegistryAction.ThresholdChanged && entry.Version == state.Champion && entry.Number > state.InService!.Number);
            _watch.Begin(changed?.Number ?? state.InService!.Number, state.Champion!, changed is null ? former : "");
            if (_watch.OutOfBounds is not var (version, why) || version != state.Champion)
                return;
            _log.Warning("Model {Version} is replaced by {Former}, the version before it: {Why}", version, former, why);
            await _registry.FallBackAsync(version, former, why, CancellationToken.None);
        }
    }

    /// <summary>A start without the registry would take another version; scoring goes on in any case.</summary>
    void Note(RegistryState state)
    {
        try
        {
            _local.Follow(state);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _log.Warning("That {Version} is in service cannot be noted in this host's folder: {Reason}", state.Champion, e.Message);
        }
    }
}
