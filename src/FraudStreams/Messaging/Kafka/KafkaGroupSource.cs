using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.Stage;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Messaging.Kafka;

/// <summary>
/// Consumes a topic in a group: one source for each partition assigned to this consumer, from the group's committed offset on. A partition's source
/// completes when the partition is revoked; an assigned partition comes back as a new source. A fault of the consumer fails them all.
/// </summary>
static class KafkaGroupSource
{
    /// <param name="partitions">The expected partition count of the topic.</param>
    public static Source<KafkaPartitionSource, NotUsed> Create(KafkaSettings settings, string topic, string group, int partitions, ILogger log) =>
        Source.FromGraph(new Partitions(settings, topic, group, partitions, log));

    /// <summary>Owns a consumer for as long as it runs.</summary>
    sealed class Partitions(KafkaSettings settings, string topic, string group, int partitions, ILogger log) : GraphStage<SourceShape<KafkaPartitionSource>>
    {
        readonly Outlet<KafkaPartitionSource> _out = new("KafkaPartitions.out");

        public override SourceShape<KafkaPartitionSource> Shape => new(_out);

        protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) =>
            new Logic(this, (onAssigned, onFailed) => new GroupConsumer(settings, topic, group, partitions, onAssigned, onFailed, log));

        sealed class Logic : OutGraphStageLogic
        {
            readonly Partitions _stage;
            readonly Queue<AssignedPartition> _assigned = [];
            readonly GroupConsumer _consumer;
            bool _isFailed;

            public Logic(Partitions stage, Func<Action<AssignedPartition>, Action<Exception>, GroupConsumer> newConsumer) : base(stage.Shape)
            {
                _stage = stage;
                _consumer = newConsumer(GetAsyncCallback<AssignedPartition>(OnAssigned), GetAsyncCallback<Exception>(OnFailed));
                SetHandler(stage._out, this);
            }

            public override void PreStart() => _consumer.Start();

            public override void OnPull() => PushNext();

            public override void OnDownstreamFinish(Exception cause)
            {
                _isFailed = cause is not SubscriptionWithCancelException.NonFailureCancellation;
                base.OnDownstreamFinish(cause);
            }

            public override void PostStop() => _consumer.Close(waitForCommits: !_isFailed);

            void OnAssigned(AssignedPartition partition)
            {
                _assigned.Enqueue(partition);
                if (IsAvailable(_stage._out))
                    PushNext();
            }

            void OnFailed(Exception failure)
            {
                _isFailed = true;
                FailStage(failure);
            }

            void PushNext()
            {
                if (_assigned.TryDequeue(out var partition))
                    Push(_stage._out, new KafkaPartitionSource(partition.Name.Partition.Value, Source.FromGraph(new Chunks(partition)), partition));
            }
        }
    }

    /// <summary>The chunks of one partition.</summary>
    sealed class Chunks(AssignedPartition partition) : GraphStage<SourceShape<IReadOnlyList<TopicRecord>>>
    {
        readonly Outlet<IReadOnlyList<TopicRecord>> _out = new("KafkaChunks.out");

        public override SourceShape<IReadOnlyList<TopicRecord>> Shape => new(_out);

        protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this, partition);

        sealed class Logic : OutGraphStageLogic
        {
            readonly Chunks _stage;
            readonly AssignedPartition _partition;
            readonly Action _wake;

            public Logic(Chunks stage, AssignedPartition partition) : base(stage.Shape)
            {
                _stage = stage;
                _partition = partition;
                _wake = GetAsyncCallback(Wake);
                SetHandler(stage._out, this);
            }

            // Without waiting for demand: the stages downstream must not treat the partition as their own any longer.
            public override void PreStart() => _partition.OnEnd(GetAsyncCallback(Finish));

            public override void OnPull() => PushNext();

            public override void PostStop() => _partition.End();

            void Finish()
            {
                if (_partition.Failure is { } failure)
                    FailStage(failure);
                else
                    CompleteStage();
            }

            void PushNext()
            {
                if (_partition.Take(_wake) is { } chunk)
                    Push(_stage._out, chunk);
            }

            void Wake()
            {
                if (IsAvailable(_stage._out))
                    PushNext();
            }
        }
    }
}
