using Akka;
using Akka.Actor;
using Akka.Streams.Dsl;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Scoring;
using FraudStreams.Topics;
using FraudStreams.WindowStates;

namespace FraudStreams.Pipelines;

/// <summary>
/// Scores the payments of `transactions` in batches and publishes predictions and rejected records; beside it, where there is a challenger, what that one says
/// of the same payments.
/// </summary>
sealed class ScorePipeline : IPipeline
{
    /// <summary>A stop waits no longer for the last counts, nor for the challenger's last batch.</summary>
    static readonly TimeSpan LastTimeout = TimeSpan.FromSeconds(2);

    IActorRef _challenger = ActorRefs.Nobody;
    ShadowQueue? _shadow;
    DriftRecorder? _drift;
    long _taken;

    public string Name => ConsumerGroups.Score;

    public Role Role => Role.Score;

    public IEnumerable<(long Count, string What)> Left(MessageLogStatus status) => [(status.Of(Name, TopicNames.Transactions).Lag, "payments not scored")];

    public IRunnableGraph<Task<Done>> Build(PipelineContext context)
    {
        var (settings, resources) = (context.Settings, context.Resources);
        var model = resources.Model ?? throw new InvalidOperationException("a process that scores is started with a model");
        context.Metrics.ModelVersion = model.Version;
        var tokens = settings.Privacy.For(resources.Schema);
        var windows = resources.Own(PartitionWindowStates.Open(
            resources.Schema, resources.Topics, settings.Topics, settings.Memory, settings.DataDirectory, context.Log, context.Time, tokens));
        var models = new LocalModels(settings.DataDirectory, context.Time);
        var watch = new ProbationWatch(settings.Models.Probation);
        _drift = new DriftRecorder(models, resources.Topics, () => context.Candidates.Current.Drift.IsOn, context.Time, context.Log);
        var current = new CurrentScorer();
        var supervisor = resources.System.ActorOf(ModelSupervisor.Props(model, models, settings.Scoring, settings.Restart, watch, _drift, current), "model-supervisor");
        _shadow = new ShadowQueue(context.Metrics);
        _challenger = resources.System.ActorOf(
            ChallengerActor.Props(_shadow, resources.Topics, settings.Scoring, context.Metrics, watch, context.Time), "challenger");
        var registry = resources.Own(new ModelRegistry(resources.Own(StreamTopics.OpenRegistry(settings, context.Log, context.Time)), models, settings.Models.Probation.Time, context.Time));
        resources.System.ActorOf(
            RegistryFollower.Props(registry, models, supervisor, _challenger, watch, model, context.Time, version => context.Metrics.ModelVersion = version), "registry-follower");
        resources.Scorer = new LiveScorer(
            resources.Schema, resources.Topics, settings.Topics, windows, supervisor, current, settings.Scoring, resources.Awaited, context.Metrics, new TraceSample(settings.TraceSample), tokens);
        var cards = resources.Own(CardPartitions.Open(resources.Topics, resources.Schema, settings.Topics, context.Metrics, context.Health, context.Log, context.Time));
        return FraudPipeline.Score(context, windows, cards, supervisor, _shadow, _drift);
    }

    /// <summary>What the challenger was given between two looks may have come to its topic after the first.</summary>
    public bool IsDrained(MessageLogStatus status)
    {
        var before = _taken;
        _taken = _shadow!.Taken;
        return status.Of(Name, TopicNames.Transactions).Lag == 0 && _shadow.IsIdle && _taken == before;
    }

    public async Task CloseAsync(TimeSpan timeout)
    {
        timeout = timeout < LastTimeout ? timeout : LastTimeout;
        if (_drift is not null)
            await _drift.PublishRestAsync(timeout);
        await _challenger.Ask<ShadowFinished>(new FinishShadow(), timeout);
    }
}
