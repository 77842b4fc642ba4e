using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Configuration;
using FraudStreams.Messaging;
using FraudStreams.Topics;

namespace FraudStreams.Pipelines;

/// <summary>Writes predictions to the database at speed_3.</summary>
sealed class StorePipeline : IPipeline
{
    public string Name => ConsumerGroups.Store;

    public Role Role => Role.Store;

    public IEnumerable<(long Count, string What)> Left(MessageLogStatus status) => [(status.Of(Name, TopicNames.Predictions).Lag, "predictions not stored")];

    public IRunnableGraph<Task<Done>> Build(PipelineContext context) => FraudPipeline.Store(context, context.Resources.Store);
}
