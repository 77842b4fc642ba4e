using Akka;
using Akka.Event;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.Stage;

namespace FraudStreams.Messaging.Kafka;

/// <summary>
/// A topic consumed in a group: a source for each partition that the group gives to this consumer, from the group's position on. A partition's source
/// completes when the partition is taken back; it comes again as another source when it is given again. A fault of the consumer fails them all.
/// </summary>
static class KafkaGroupSource
{
    /// <param name="partitions">How many partitions the topic is to have.</param>
    public static Source<KafkaPartitionSource, NotUsed> Create(KafkaSettings settings, string topic, string group, int partitions, ILoggingAdapter log) =>
        Source.FromGraph(new Partitions(settings, topic, group, partitions, log));

    /// <summary>Has a consumer for as long as it runs.</summary>
    sealed class Partitions(KafkaSettings settings, string topic, string group, int partitions, ILoggingAdapter log) : GraphStage<SourceShape<KafkaPartitionSource>>
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

            public override void OnPull() => Give();

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
                    Give();
            }

            void OnFailed(Exception failure)
            {
                _isFailed = true;
                FailStage(failure);
            }

            void Give()
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

            // Also while nothing is asked for: what is behind must not take the partition for its own any longer.
            public override void PreStart() => _partition.OnEnd(GetAsyncCallback(Finish));

            public override void OnPull() => Give();

            public override void PostStop() => _partition.End();

            void Finish()
            {
                if (_partition.Failure is { } failure)
                    FailStage(failure);
                else
                    CompleteStage();
            }

            void Give()
            {
                if (_partition.Take(_wake) is { } chunk)
                    Push(_stage._out, chunk);
            }

            void Wake()
            {
                if (IsAvailable(_stage._out))
                    Give();
            }
        }
    }
}
