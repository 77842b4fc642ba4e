using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Configuration;
using FraudStreams.Topics;

namespace FraudStreams.Pipelines;

/// <summary>Produces payments of a file or of the generator to `transactions` at speed_1.</summary>
sealed class SimulatePipeline : IPipeline
{
    public string Name => ConsumerGroups.Simulate;

    public Role Role => Role.Simulate;

    public IRunnableGraph<Task<Done>> Build(PipelineContext context) => FraudPipeline.Simulate(context);
}
