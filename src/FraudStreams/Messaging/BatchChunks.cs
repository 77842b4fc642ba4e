using Akka.Streams;
using Akka.Streams.Stage;

namespace FraudStreams.Messaging;

/// <summary>
/// Chunks in, batches out: each of exactly <paramref name="size"/> elements, or of fewer once its first element has waited for
/// <paramref name="wait"/> or nothing has come for <paramref name="dry"/>, or at the end. Order is kept. A chunk of whole batches is sliced without a
/// copy. Pulls no further chunk while a full batch is buffered. Akka's GroupedWithin takes elements one by one, and its GroupedWeightedWithin does not
/// split them.
/// </summary>
/// <param name="dry">After so long without a chunk a batch waits for no more; null: it waits all the same.</param>
sealed class BatchChunks<T>(int size, TimeSpan wait, TimeSpan? dry = null) : GraphStage<FlowShape<IReadOnlyList<T>, IReadOnlyList<T>>>
{
    readonly Inlet<IReadOnlyList<T>> _in = new("BatchChunks.in");
    readonly Outlet<IReadOnlyList<T>> _out = new("BatchChunks.out");

    public override FlowShape<IReadOnlyList<T>, IReadOnlyList<T>> Shape => new(_in, _out);

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this, size, wait, dry ?? wait);

    sealed class Logic : TimerGraphStageLogic, IInHandler, IOutHandler
    {
        const string Waited = "waited";
        const string Dry = "dry";

        readonly BatchChunks<T> _stage;
        readonly int _size;
        readonly TimeSpan _wait;
        readonly TimeSpan _dry;

        /// <summary>The start of the next batch, from chunks too small for one.</summary>
        List<T> _partial = [];

        /// <summary>The rest of the newest chunk; its elements follow the partial batch.</summary>
        ArraySegment<T> _rest = ArraySegment<T>.Empty;

        bool _isDue;

        public Logic(BatchChunks<T> stage, int size, TimeSpan wait, TimeSpan dry) : base(stage.Shape)
        {
            _stage = stage;
            _size = size;
            _wait = wait;
            _dry = dry;
            SetHandler(stage._in, (IInHandler)this);
            SetHandler(stage._out, (IOutHandler)this);
        }

        int Buffered => _partial.Count + _rest.Count;

        public void OnPush()
        {
            // A chunk is pulled only while less than a batch is buffered: all of that then fits into the partial batch.
            var chunk = Grab(_stage._in);
            _partial.AddRange(_rest);
            _rest = chunk is T[] array ? array : chunk is ArraySegment<T> segment ? segment : chunk.ToArray();
            CancelTimer(Dry);
            Advance();
        }

        public void OnPull() => Advance();

        public void OnUpstreamFinish()
        {
            if (Buffered == 0)
                CompleteStage();
            else
                Advance();
        }

        public void OnUpstreamFailure(Exception e) => FailStage(e);

        public void OnDownstreamFinish(Exception cause) => InternalOnDownstreamFinish(cause);

        protected override void OnTimer(object timerKey)
        {
            _isDue = Buffered > 0;
            Advance();
        }

        void Advance()
        {
            var isEnd = IsClosed(_stage._in);
            if (IsAvailable(_stage._out) && (Buffered >= _size || (Buffered > 0 && (_isDue || isEnd))))
            {
                Push(_stage._out, Take());
                UpdateTimer(restart: true);
                if (isEnd && Buffered == 0)
                {
                    CompleteStage();
                    return;
                }
            }
            else
            {
                UpdateTimer(restart: false);
            }

            if (!isEnd && Buffered < _size && !HasBeenPulled(_stage._in))
                Pull(_stage._in);
        }

        IReadOnlyList<T> Take()
        {
            var fromRest = Math.Min(_size - _partial.Count, _rest.Count);
            var last = _rest[..fromRest];
            _rest = _rest[fromRest..];
            if (_partial.Count == 0)
                return last;
            var batch = _partial;
            batch.AddRange(last);
            _partial = [];
            return batch;
        }

        /// <summary>Keeps the timers running while elements wait that are not due.</summary>
        void UpdateTimer(bool restart)
        {
            if (restart)
            {
                CancelTimer(Waited);
                _isDue = false;
            }

            if (Buffered == 0 || _isDue)
                return;
            if (!IsTimerActive(Waited))
                ScheduleOnce(Waited, _wait);
            if (_dry < _wait && !IsTimerActive(Dry))
                ScheduleOnce(Dry, _dry);
        }
    }
}
