using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Configuration;
using FraudStreams.Messaging;
using FraudStreams.Topics;

namespace FraudStreams.Pipelines;

/// <summary>
/// One stream between topics: it runs where its role runs, restarts alone from its last commit and drains alone. One object a process; graphs stand in
/// <see cref="FraudPipeline"/>. A new pipeline is a class of these and its line in <see cref="PipelineCatalog"/>; one that consumes
/// a topic has its group in <see cref="ConsumerGroups"/>.
/// </summary>
interface IPipeline
{
    /// <summary>Also the name of its consumer group.</summary>
    string Name { get; }

    Role Role { get; }

    /// <summary>The topic that its group consumes; null for a producer.</summary>
    string? Topic => ConsumerGroups.TopicOf(Name);

    /// <summary>Whether it comes to an end, such as that of a file, and a drain waits for that.</summary>
    bool EndsByItself => Topic is null;

    /// <summary>Builds the graph, and opens what only this pipeline needs. Called once, at the start.</summary>
    IRunnableGraph<Task<Done>> Build(PipelineContext context);

    /// <summary>Whether nothing before its topic's end is left to do.</summary>
    bool IsDrained(MessageLogStatus status) => Topic is null || status.Of(Name, Topic).Lag == 0;

    /// <summary>What it leaves to the next start, as counts and what they count; for the line that says how a run ended.</summary>
    IEnumerable<(long Count, string What)> Left(MessageLogStatus status) => Topic is null ? [] : [(status.Of(Name, Topic).Lag, $"{Topic} not consumed")];

    /// <summary>Another process has the group, and this one waits for its turn.</summary>
    void OnStandby()
    {
    }

    /// <summary>Called when the graph has ended or the time for draining is over: ends what runs beside the graph.</summary>
    Task CloseAsync(TimeSpan timeout) => Task.CompletedTask;
}
