using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Configuration;
using FraudStreams.Messaging;
using FraudStreams.Rekeying;
using FraudStreams.Topics;

namespace FraudStreams.Pipelines;

/// <summary>Fills `transactions` from a topic of others, whose key is not the card or whose records are written otherwise; where there is one.</summary>
sealed class RekeyPipeline : IPipeline
{
    public string Name => ConsumerGroups.Rekey;

    public Role Role => Role.Rekey;

    public IEnumerable<(long Count, string What)> Left(MessageLogStatus status) => [(status.Of(Name, TopicNames.Source).Lag, "payments not re-keyed")];

    public IRunnableGraph<Task<Done>> Build(PipelineContext context) =>
        FraudPipeline.Rekey(context, context.Resources.Own(new ReadSource(context.Resources.Schema, context.Settings.Topics, context.Time)));
}
