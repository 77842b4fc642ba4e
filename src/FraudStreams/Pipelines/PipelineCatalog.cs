using System.Collections.Immutable;

namespace FraudStreams.Pipelines;

/// <summary>The pipelines of the program. Start and drain know a pipeline from here; lag, status and the live table know its group from <see cref="Topics.ConsumerGroups"/>.</summary>
static class PipelineCatalog
{
    /// <summary>New ones, in the order in which they start: who writes a topic starts after who reads it.</summary>
    public static ImmutableArray<IPipeline> Create() => [new StorePipeline(), new LabelPipeline(), new ShadowPipeline(), new AlertPipeline(), new ScorePipeline(), new RekeyPipeline(), new TrainPipeline(), new SimulatePipeline()];
}
