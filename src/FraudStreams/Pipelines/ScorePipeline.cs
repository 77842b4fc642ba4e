using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Configuration;
using FraudStreams.Messaging;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Scoring;
using FraudStreams.Topics;
using FraudStreams.WindowStates;

namespace FraudStreams.Pipelines;

/// <summary>Scores the payments of `transactions` in batches and publishes predictions and rejected records.</summary>
sealed class ScorePipeline : IPipeline
{
    public string Name => ConsumerGroups.Score;

    public Role Role => Role.Score;

    public string? Topic => TopicNames.Transactions;

    public IEnumerable<(long Count, string What)> Left(MessageLogStatus status) => [(status.Of(Name, TopicNames.Transactions).Lag, "payments not scored")];

    public IRunnableGraph<Task<Done>> Build(PipelineContext context)
    {
        var (settings, resources) = (context.Settings, context.Resources);
        var model = resources.Model ?? throw new InvalidOperationException("a process that scores is started with a model");
        context.Metrics.ModelVersion = model.Version;
        var windows = resources.Own(PartitionWindowStates.Open(
            resources.Schema, resources.Topics, settings.Topics, settings.Memory, settings.DataDirectory, context.Log, context.Time));
        var models = new LocalModels(settings.DataDirectory, context.Time);
        var supervisor = resources.System.ActorOf(ModelSupervisor.Props(model, models, settings.Scoring, settings.Restart), "model-supervisor");
        var registry = resources.Own(new ModelRegistry(resources.Own(StreamTopics.OpenRegistry(settings, context.Log, context.Time)), models, context.Time));
        resources.System.ActorOf(RegistryFollower.Props(registry, models, supervisor, model, version => context.Metrics.ModelVersion = version), "registry-follower");
        resources.Scorer = new LiveScorer(
            resources.Schema, resources.Topics, settings.Topics, windows, supervisor, settings.Scoring, resources.Awaited, context.Metrics);
        return FraudPipeline.Score(context, windows, supervisor);
    }
}
