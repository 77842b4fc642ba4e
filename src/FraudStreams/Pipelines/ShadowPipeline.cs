using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Configuration;
using FraudStreams.Messaging;
using FraudStreams.Topics;

namespace FraudStreams.Pipelines;

/// <summary>Writes what the challenger says of payments to the database.</summary>
sealed class ShadowPipeline : IPipeline
{
    public string Name => ConsumerGroups.Shadow;

    public Role Role => Role.Store;

    public IEnumerable<(long Count, string What)> Left(MessageLogStatus status) => [(status.Of(Name, TopicNames.Shadow).Lag, "scores of the challenger not stored")];

    public IRunnableGraph<Task<Done>> Build(PipelineContext context) => FraudPipeline.Shadow(context, context.Resources.Store);
}
