using System.Collections.Immutable;

namespace FraudStreams.Pipelines;

/// <summary>The pipelines of the program. Lag, drain, health, status and the live table know a pipeline from here.</summary>
static class PipelineCatalog
{
    /// <summary>New ones, in the order in which they start: who writes a topic starts after who reads it.</summary>
    public static ImmutableArray<IPipeline> Create() => [new StorePipeline(), new LabelPipeline(), new ShadowPipeline(), new AlertPipeline(), new ScorePipeline(), new TrainPipeline(), new SimulatePipeline()];

    /// <summary>The groups that consume topics, each with its topic, in the order of a payment's way.</summary>
    public static ImmutableArray<(string Group, string Topic)> Consumers { get; } =
        [.. Create().Reverse().Where(pipeline => pipeline.Topic is not null).Select(pipeline => (pipeline.Name, pipeline.Topic!))];
}
