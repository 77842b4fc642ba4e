using Akka.Streams.Dsl;
using Akka.Streams.Implementation;
using Akka.Streams.Kafka.Helpers;
using Akka.Streams.Kafka.Messages;
using Akka.Streams.Kafka.Settings;
using Confluent.Kafka;

namespace Akka.Streams.Kafka.Stages;

/// <summary>The stage that has a consumer, and gives out a source for each partition.</summary>
internal sealed class PartitionsLogic<TKey, TValue> : SourceLogic<(TopicPartition, Source<CommittableMessage<TKey, TValue>, NotUsed>)>
{
    readonly Queue<PartitionFeed<TKey, TValue>> _assigned = [];
    readonly ConsumerRun<TKey, TValue> _run;
    bool _isFailed;

    public PartitionsLogic(Materialization context, ConsumerSettings<TKey, TValue> settings, string[] topics) : base(context)
    {
        _run = new ConsumerRun<TKey, TValue>(
            settings, topics, feed => Post(() => OnAssigned(feed)), failure => Post(() => OnFailed(failure)), Materializer.Logger);
        Control = new RunControl(this);
    }

    public IControl Control { get; }

    internal override void PreStart() => _run.Start();

    internal override void OnPull(Out port) => Give();

    internal override void OnDownstreamFinish(Out port, Exception cause)
    {
        _isFailed = cause is not SubscriptionWithCancelException.NonFailureCancellation;
        base.OnDownstreamFinish(port, cause);
    }

    internal override void PostStop() => _run.Close(waitForCommits: !_isFailed);

    void OnAssigned(PartitionFeed<TKey, TValue> feed)
    {
        _assigned.Enqueue(feed);
        if (Out.IsAvailable) Give();
    }

    void OnFailed(Exception failure)
    {
        _isFailed = true;
        FailStage(failure);
    }

    void Give()
    {
        if (!_assigned.TryDequeue(out var feed)) return;
        var source = new Source<CommittableMessage<TKey, TValue>, NotUsed>(
            Blueprint.Source<CommittableMessage<TKey, TValue>>(context => new PartitionLogic<TKey, TValue>(context, feed)));
        Out.Push((feed.Partition, source));
    }

    sealed class RunControl(PartitionsLogic<TKey, TValue> logic) : IControl
    {
        public Task IsShutdown => logic._run.Closed;

        public Task Stop()
        {
            logic.Post(logic.CompleteStage);
            return Task.CompletedTask;
        }

        public Task Shutdown(Exception? ex = null)
        {
            logic.Post(() =>
            {
                if (ex is null) logic.CompleteStage();
                else logic.OnFailed(ex);
            });
            return IsShutdown;
        }
    }
}

/// <summary>The messages of one partition.</summary>
internal sealed class PartitionLogic<TKey, TValue>(Materialization context, PartitionFeed<TKey, TValue> feed)
    : SourceLogic<CommittableMessage<TKey, TValue>>(context)
{
    // Also while nothing is asked for: what is behind must not take the partition for its own any longer.
    internal override void PreStart() => feed.OnEnd(() => Post(Finish));

    internal override void OnPull(Out port) => Give();

    internal override void PostStop() => feed.Abandon();

    void Finish()
    {
        if (feed.Failure is { } failure) FailStage(failure);
        else CompleteStage();
    }

    void Give()
    {
        if (feed.Take(Wake) is { } message) Out.Push(message);
    }

    void Wake() => Post(() =>
    {
        if (Out.IsAvailable) Give();
    });
}
