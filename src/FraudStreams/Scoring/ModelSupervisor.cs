using Akka.Actor;
using Akka.Event;
using Akka.Pattern;
using FraudStreams.Configuration;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps;

namespace FraudStreams.Scoring;

/// <summary>
/// Forwards batches to one model actor under a backoff supervisor. When a version fails <see cref="ScoringSettings.FailuresBeforeFallback"/> times in a
/// row, it promotes the last good version and starts an actor for that. A version that is put into service takes over between two batches.
/// </summary>
sealed class ModelSupervisor : ReceiveActor
{
    readonly ILoggingAdapter _log = Context.GetLogger();
    readonly LocalModels _local;
    readonly ScoringSettings _settings;
    readonly BackoffSettings _restart;
    readonly ProbationWatch _watch;
    readonly Func<ScoringModel, IActorRef, Props> _modelActor;
    ScoringModel _champion;
    IActorRef _backoff;
    IActorRef _reportsTo = ActorRefs.Nobody;
    IActorRef _startedFor = ActorRefs.Nobody;
    int _failuresInARow;

    /// <summary>What was logged of failures that are not over: the pipeline, which fails with them, logs once a minute how long and how often.</summary>
    (bool Failing, bool NoFallback) _logged;

    public ModelSupervisor(
        ScoringModel champion, LocalModels local, ScoringSettings settings, BackoffSettings restart, ProbationWatch watch, Func<ScoringModel, IActorRef, Props> modelActor)
    {
        _local = local;
        _settings = settings;
        _restart = restart;
        _watch = watch;
        _modelActor = modelActor;
        _champion = champion;
        _backoff = Supervise(champion);
        Receive<ScoreBatch>(batch => _backoff.Forward(batch));
        Receive<UseModel>(use => Use(use.Model));
        Receive<ModelStarted>(started => ReferenceEquals(started.Model, _champion), started =>
        {
            _startedFor.Tell(started);
            _startedFor = ActorRefs.Nobody;
        });
        Receive<ModelStarted>(_ => { });
        Receive<ReportFallbacks>(_ => _reportsTo = Sender);
        Receive<ScoringWorked>(worked => worked.ModelVersion == Version, worked =>
        {
            (_failuresInARow, _logged) = (0, default);
            _watch.Worked(worked.ModelVersion, worked.Took);
        });
        Receive<ScoringFailed>(failed => failed.ModelVersion == Version, OnFailed);
    }

    string Version => _champion.Version;

    public static Props Props(
        ScoringModel champion, LocalModels local, ScoringSettings settings, BackoffSettings restart, ProbationWatch watch, DriftRecorder? drift = null,
        CurrentScorer? current = null) =>
        Props(champion, local, settings, restart, watch, (model, supervisor) =>
        {
            var turn = current?.NextTurn() ?? 0;
            return Akka.Actor.Props.Create(() => new ModelActor(model, supervisor, drift, current, turn));
        });

    /// <param name="modelActor">Called once for each model that takes its turn; tests pass an actor that fails.</param>
    public static Props Props(
        ScoringModel champion, LocalModels local, ScoringSettings settings, BackoffSettings restart, ProbationWatch watch, Func<ScoringModel, IActorRef, Props> modelActor) =>
        Akka.Actor.Props.Create(() => new ModelSupervisor(champion, local, settings, restart, watch, modelActor));

    IActorRef Supervise(ScoringModel model)
    {
        var options = Backoff.OnFailure(_modelActor(model, Self), "model", _restart.Min, _restart.Max, _restart.RandomFactor, -1)
            .WithAutoReset(_restart.Max)
            .WithReplyWhileStopped(new Status.Failure(new ModelUnavailableException(model.Version)));
        return Context.ActorOf(BackoffSupervisor.Props(options));
    }

    void Use(ScoringModel model)
    {
        var former = _backoff;
        (_champion, _backoff, _failuresInARow, _logged, _startedFor) = (model, Supervise(model), 0, default, Sender);
        former.Tell(new FinishScoring(), ActorRefs.NoSender);

        // One that waits for its restart does not hear that.
        Context.System.Scheduler.ScheduleTellOnce(_settings.AskTimeout, former, PoisonPill.Instance, ActorRefs.NoSender);
    }

    void OnFailed(ScoringFailed failed)
    {
        _failuresInARow++;
        _watch.Failed(Version);
        if (_failuresInARow < _settings.FailuresBeforeFallback)
        {
            if (!_logged.Failing)
            {
                _log.Warning("Model {Version} failed ({Failures} of {Limit} before it is replaced): {Reason}", Version, _failuresInARow, _settings.FailuresBeforeFallback,
                    failed.Cause.Message);
            }

            _logged.Failing = true;
            return;
        }

        _failuresInARow = 0;
        var (good, whyNone) = LastGood();
        if (good is null)
        {
            if (!_logged.NoFallback)
            {
                _log.Error("Model {Version} failed {Failures} times in a row and {NoFallback}: its batches are retried: {Reason}",
                    Version, _settings.FailuresBeforeFallback, whyNone, failed.Cause.Message);
            }

            _logged.NoFallback = true;
            return;
        }

        _log.Warning("Model {Version} failed {Failures} times in a row ({Reason}); {LastGood}, the last good version, takes its place", Version,
            _settings.FailuresBeforeFallback, failed.Cause.Message, good.Version);
        _logged = default;
        Context.Stop(_backoff);
        Record(good.Version);
        _reportsTo.Tell(new FellBack(Version, good.Version, $"it failed {_settings.FailuresBeforeFallback} times in a row: {failed.Cause.Message}"));
        (_champion, _backoff) = (good, Supervise(good));
    }

    (ScoringModel? Good, string WhyNone) LastGood()
    {
        try
        {
            return (_local.LastGoodBefore(Version, _champion.Schema), "there is no earlier good version");
        }
        catch (Exception e) when (e is ModelArtifactException or IOException or UnauthorizedAccessException)
        {
            return (null, $"no earlier version can be found ({e.Message})");
        }
    }

    /// <summary>A folder that cannot be written does not stop scoring: the next start then tries the failed version first.</summary>
    void Record(string good)
    {
        try
        {
            _local.Promote(good, $"{Version} failed {_settings.FailuresBeforeFallback} times in a row");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _log.Warning("The promotion of {Version} could not be recorded: {Reason}", good, e.Message);
        }
    }
}

/// <summary>The model actor is in its backoff before it restarts.</summary>
public sealed class ModelUnavailableException(string version) : Exception($"model {version} has failed and restarts after a backoff");
