using Akka.Streams;
using Akka.Streams.Stage;
using FraudStreams.Messaging;

namespace FraudStreams.Rekeying;

/// <summary>
/// Merges the partitions of a topic by the event time of their records, in batches: of the records that are next, the earliest goes first. Where each
/// partition is in order, so is what comes out. A partition of which nothing is here is waited for: as long as the log has more of it, and for the wait where
/// it has none, in case something is on its way. A partition that goes to another host takes what waits of it along.
/// </summary>
/// <param name="partitions">How many the topic has: the first record goes when all have come, or none has come for a second, as others are another host's.</param>
/// <param name="size">Most records of a batch.</param>
/// <param name="wait">So long a partition is waited for that has nothing more.</param>
/// <param name="lags">How far the group is behind, by partition.</param>
sealed class MergeByTime(int partitions, int size, TimeSpan wait, Func<Task<MessageLogStatus>> lags, string group, TimeProvider time)
    : GraphStage<FlowShape<PartitionEvent, IReadOnlyList<SourceRecord>>>
{
    /// <summary>How often the log is asked for what it has, while a partition is waited for.</summary>
    static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(250);

    static readonly TimeSpan s_settling = TimeSpan.FromSeconds(1);

    readonly Inlet<PartitionEvent> _in = new("MergeByTime.in");
    readonly Outlet<IReadOnlyList<SourceRecord>> _out = new("MergeByTime.out");

    public override FlowShape<PartitionEvent, IReadOnlyList<SourceRecord>> Shape => new(_in, _out);

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this);

    /// <summary>Up to where the group has to read; 0 where it has committed all there is.</summary>
    long EndOf(MessageLogStatus status, TopicPartition partition)
    {
        foreach (var lag in status.ByPartition)
        {
            if (lag.Group == group && lag.Partition == partition)
                return lag.Lag > 0 ? lag.End : 0;
        }

        // The group has not been there yet: what there is comes.
        return long.MaxValue;
    }

    sealed class Logic : TimerGraphStageLogic, IInHandler, IOutHandler
    {
        const string Timer = "wait";

        readonly MergeByTime _stage;
        readonly Dictionary<TopicPartition, PartitionQueue> _open = [];
        readonly PriorityQueue<PartitionQueue, (long Time, int Partition)> _heads = new();
        readonly Action<MessageLogStatus> _looked;
        readonly Action<Exception> _lookFailed;
        long _lastOpened;
        long _lookedAt;
        bool _isLooking;
        bool _isTimerSet;
        bool _hasLooked;

        public Logic(MergeByTime stage) : base(stage.Shape)
        {
            _stage = stage;
            _looked = GetAsyncCallback<MessageLogStatus>(Looked);
            _lookFailed = GetAsyncCallback<Exception>(FailStage);
            SetHandler(stage._in, (IInHandler)this);
            SetHandler(stage._out, (IOutHandler)this);
        }

        public override void PreStart() => Pull(_stage._in);

        public void OnPush()
        {
            var (queue, chunk, isEnd) = Grab(_stage._in);
            if (chunk is not null)
                Add(queue, chunk);
            else if (isEnd)
                queue.HasGone();
            else if (!queue.HasEnded)
                Open(queue);
            if (!HasBeenPulled(_stage._in) && !IsClosed(_stage._in))
                Pull(_stage._in);
            Advance();
        }

        public void OnPull() => Advance();

        public void OnUpstreamFinish() => CompleteStage();

        public void OnUpstreamFailure(Exception e) => FailStage(e);

        public void OnDownstreamFinish(Exception cause) => InternalOnDownstreamFinish(cause);

        protected override void OnTimer(object timerKey)
        {
            _isTimerSet = false;
            Advance();
        }

        void Open(PartitionQueue queue)
        {
            // Where it has come back before its end was told.
            if (_open.Remove(queue.Partition, out var before))
            {
                before.HasGone();
                _heads.Remove(before, out _, out _);
            }

            queue.EmptySince = _lastOpened = _stage.Now;
            _open[queue.Partition] = queue;
            _hasLooked = false;
        }

        /// <summary>What waits of a partition that went is not committed: its next owner reads it.</summary>
        void CloseEnded()
        {
            foreach (var (partition, queue) in _open)
            {
                if (!queue.HasEnded)
                    continue;
                _open.Remove(partition);
                _heads.Remove(queue, out _, out _);
            }
        }

        void Add(PartitionQueue queue, SourceChunk chunk)
        {
            // It may have gone before this came.
            if (!_open.TryGetValue(queue.Partition, out var open) || !ReferenceEquals(open, queue))
                return;
            var isHead = queue.Head is null;
            queue.Add(chunk);
            if (isHead)
                _heads.Enqueue(queue, (chunk.NextTime, queue.Partition.Partition));
        }

        void Advance()
        {
            CloseEnded();
            if (!IsAvailable(_stage._out) || _heads.Count == 0 || MustWait())
                return;
            var (batch, heads) = (new List<SourceRecord>(), _heads.Count);
            do
            {
                var queue = _heads.Peek();
                batch.Add(queue.Take());
                if (queue.Head is { } head)
                    _heads.DequeueEnqueue(queue, (head.NextTime, queue.Partition.Partition));
                else
                {
                    _heads.Dequeue();
                    queue.EmptySince = _stage.Now;
                }
            }
            while (batch.Count < _stage.Size && _heads.Count == heads);

            Push(_stage._out, batch);
        }

        /// <summary>Whether an earlier record may still come from a partition of which nothing waits; then a timer or a chunk asks again.</summary>
        bool MustWait()
        {
            if (_open.Count < _stage.Partitions && _stage.Since(_lastOpened) < s_settling)
                return Wait();
            if (_heads.Count == _open.Count)
                return false;
            if (!_hasLooked || (_stage.Since(_lookedAt) >= s_look && _open.Values.Any(queue => queue.Head is null)))
                Look();
            return (!_hasLooked || _open.Values.Any(queue => queue.Head is null && (queue.IsBehind || _stage.Since(queue.EmptySince) < _stage.Patience))) && Wait();
        }

        bool Wait()
        {
            if (!_isTimerSet)
                ScheduleOnce(Timer, TimeSpan.FromMilliseconds(Math.Clamp(_stage.Patience.TotalMilliseconds / 4, 5, 50)));
            return _isTimerSet = true;
        }

        void Look()
        {
            if (_isLooking)
                return;
            (_isLooking, _lookedAt) = (true, _stage.Now);
            _ = _stage.LagsAsync().ContinueWith(
                looked =>
                {
                    if (looked.IsCompletedSuccessfully)
                        _looked(looked.Result);
                    else
                        _lookFailed(looked.Exception!.GetBaseException());
                },
                TaskScheduler.Default);
        }

        void Looked(MessageLogStatus status)
        {
            (_isLooking, _hasLooked) = (false, true);
            foreach (var queue in _open.Values)
                queue.End = _stage.EndOf(status, queue.Partition);
            Advance();
        }
    }

    int Partitions => partitions;

    int Size => size;

    TimeSpan Patience => wait;

    long Now => time.GetTimestamp();

    TimeSpan Since(long timestamp) => time.GetElapsedTime(timestamp);

    Task<MessageLogStatus> LagsAsync() => lags();
}
