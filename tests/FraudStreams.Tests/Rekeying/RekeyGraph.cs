using Akka;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Rekeying;
using FraudStreams.Topics;

namespace FraudStreams.Tests.Rekeying;

/// <summary>The graph of role rekey as the pipeline has it, without rates and restarts.</summary>
sealed class RekeyGraph
{
    readonly SharedKillSwitch _stop = KillSwitches.Shared("stop");
    int _batches;

    RekeyGraph(IMessageLog log, TopicSettings settings, ReadSource reader, StreamMetrics metrics, ActorSystem actors) => Done = log.Consume(TopicNames.Source, ConsumerGroups.Rekey)
        .Via(_stop.Flow<TopicPartitionSource>())
        .MergeMany(settings.SourcePartitions!.Value, source => SourceFlow.Of(source, source.Chunks.Via(_stop.Flow<IReadOnlyList<TopicRecord>>()), reader))
        .Via(SourceFlow.Merge(log, settings, ConsumerGroups.Rekey, TimeProvider.System))
        .Via(_stop.Flow<IReadOnlyList<SourceRecord>>())
        .Via(PublishRekeyed.Flow(log, metrics, null, TimeProvider.System))
        .RunWith(Sink.ForEach<Done>(_ => Interlocked.Increment(ref _batches)), actors.Materializer());

    /// <summary>Ends with the graph, or with its failure.</summary>
    public Task Done { get; }

    /// <summary>Published so far.</summary>
    public int Batches => Volatile.Read(ref _batches);

    public static RekeyGraph Run(IMessageLog log, TopicSettings settings, ReadSource reader, StreamMetrics metrics, ActorSystem actors) => new(log, settings, reader, metrics, actors);

    public Task StopAsync()
    {
        _stop.Shutdown();
        return Done.WaitAsync(TimeSpan.FromSeconds(60));
    }
}
