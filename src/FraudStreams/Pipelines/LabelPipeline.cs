using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Configuration;
using FraudStreams.Messaging;
using FraudStreams.Topics;

namespace FraudStreams.Pipelines;

/// <summary>Writes confirmed labels to the payments of the database, before or after the payments themselves.</summary>
sealed class LabelPipeline : IPipeline
{
    public string Name => ConsumerGroups.Label;

    public Role Role => Role.Label;

    public IEnumerable<(long Count, string What)> Left(MessageLogStatus status) => [(status.Of(Name, TopicNames.Labels).Lag, "labels not stored")];

    public IRunnableGraph<Task<Done>> Build(PipelineContext context) => FraudPipeline.Labels(context, context.Resources.Store);
}
