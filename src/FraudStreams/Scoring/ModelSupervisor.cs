using Akka.Actor;
using Akka.Event;
using Akka.Pattern;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps;

namespace FraudStreams.Scoring;

/// <summary>
/// The address that the graphs ask. Keeps one model actor under a backoff supervisor, and when a version fails
/// <see cref="ScoringSettings.FailuresBeforeFallback"/> times in a row, puts the last good version in its place and says so.
/// </summary>
sealed class ModelSupervisor : ReceiveActor
{
    readonly ILoggingAdapter _log = Context.GetLogger();
    readonly ModelRegistry _shelf;
    readonly ScoringSettings _settings;
    readonly BackoffSettings _restart;
    readonly Func<ScoringModel, IActorRef, Props> _modelActor;
    ScoringModel _champion;
    IActorRef _supervisor;
    int _failuresInARow;

    public ModelSupervisor(ScoringModel champion, ModelRegistry shelf, ScoringSettings settings, BackoffSettings restart, Func<ScoringModel, IActorRef, Props> modelActor)
    {
        _shelf = shelf;
        _settings = settings;
        _restart = restart;
        _modelActor = modelActor;
        _champion = champion;
        _supervisor = Supervise(champion);
        Receive<ScoreBatch>(batch => _supervisor.Forward(batch));
        Receive<ScoringWorked>(worked => worked.ModelVersion == Version, _ => _failuresInARow = 0);
        Receive<ScoringFailed>(failed => failed.ModelVersion == Version, OnFailed);
    }

    string Version => _champion.Version;

    public static Props Props(ScoringModel champion, ModelRegistry shelf, ScoringSettings settings, BackoffSettings restart) =>
        Props(champion, shelf, settings, restart, (model, desk) => Akka.Actor.Props.Create(() => new ModelActor(model, desk)));

    /// <summary>With the actor that scores given from outside: a test puts one there that fails.</summary>
    public static Props Props(
        ScoringModel champion, ModelRegistry shelf, ScoringSettings settings, BackoffSettings restart, Func<ScoringModel, IActorRef, Props> modelActor) =>
        Akka.Actor.Props.Create(() => new ModelSupervisor(champion, shelf, settings, restart, modelActor));

    IActorRef Supervise(ScoringModel model)
    {
        var options = Backoff.OnFailure(_modelActor(model, Self), "model", _restart.Min, _restart.Max, _restart.RandomFactor, -1)
            .WithAutoReset(_restart.Max)
            .WithReplyWhileStopped(new Status.Failure(new ModelUnavailableException(model.Version)));
        return Context.ActorOf(BackoffSupervisor.Props(options));
    }

    void OnFailed(ScoringFailed failed)
    {
        _failuresInARow++;
        if (_failuresInARow < _settings.FailuresBeforeFallback)
        {
            _log.Warning("Model {0} failed ({1} of {2} before it is replaced): {3}", Version, _failuresInARow, _settings.FailuresBeforeFallback,
                failed.Cause.Message);
            return;
        }

        _failuresInARow = 0;
        var (good, whyNone) = LastGood();
        if (good is null)
        {
            _log.Error("Model {0} failed {1} times in a row and {2}: its batches wait and are tried again: {3}",
                Version, _settings.FailuresBeforeFallback, whyNone, failed.Cause.Message);
            return;
        }

        _log.Warning("Model {0} failed {1} times in a row ({2}); {3}, the last good version, takes its place", Version,
            _settings.FailuresBeforeFallback, failed.Cause.Message, good.Version);
        Context.Stop(_supervisor);
        Record(good.Version);
        (_champion, _supervisor) = (good, Supervise(good));
    }

    (ScoringModel? Good, string WhyNone) LastGood()
    {
        try
        {
            return (_shelf.LastGoodBefore(Version, _champion.Schema), "there is no earlier good version");
        }
        catch (Exception e) when (e is ModelArtifactException or IOException or UnauthorizedAccessException)
        {
            return (null, $"no earlier version can be found ({e.Message})");
        }
    }

    /// <summary>A shelf that cannot be written keeps nobody from scoring: the next start then tries the failed version first.</summary>
    void Record(string good)
    {
        try
        {
            _shelf.Promote(good, $"{Version} failed {_settings.FailuresBeforeFallback} times in a row");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _log.Warning("That {0} is in service could not be recorded: {1}", good, e.Message);
        }
    }
}

/// <summary>The model's actor is in its pause before it starts again.</summary>
public sealed class ModelUnavailableException(string version) : Exception($"model {version} has failed and starts again after a pause");
