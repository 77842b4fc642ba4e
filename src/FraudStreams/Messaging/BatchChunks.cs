using Akka.Streams;
using Akka.Streams.Stage;

namespace FraudStreams.Messaging;

/// <summary>
/// Chunks in, batches out: each of exactly <paramref name="size"/> elements, or of fewer once its first element has waited for
/// <paramref name="wait"/>, or at the end. Order is kept. A chunk that holds whole batches is cut into slices, without a copy. Takes no further
/// chunk while it holds a full batch. Akka's GroupedWithin takes elements one by one, and its GroupedWeightedWithin does not cut them.
/// </summary>
sealed class BatchChunks<T>(int size, TimeSpan wait) : GraphStage<FlowShape<IReadOnlyList<T>, IReadOnlyList<T>>>
{
    readonly Inlet<IReadOnlyList<T>> _in = new("BatchChunks.in");
    readonly Outlet<IReadOnlyList<T>> _out = new("BatchChunks.out");

    public override FlowShape<IReadOnlyList<T>, IReadOnlyList<T>> Shape => new(_in, _out);

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this, size, wait);

    sealed class Logic : TimerGraphStageLogic, IInHandler, IOutHandler
    {
        const string Timer = "wait";

        readonly BatchChunks<T> _stage;
        readonly int _size;
        readonly TimeSpan _wait;

        /// <summary>The beginning of the next batch, from chunks that were too small for one.</summary>
        List<T> _begun = [];

        /// <summary>What is left of the newest chunk. It comes after what is begun.</summary>
        ArraySegment<T> _rest = ArraySegment<T>.Empty;

        bool _isDue;
        bool _isTimed;

        public Logic(BatchChunks<T> stage, int size, TimeSpan wait) : base(stage.Shape)
        {
            _stage = stage;
            _size = size;
            _wait = wait;
            SetHandler(stage._in, (IInHandler)this);
            SetHandler(stage._out, (IOutHandler)this);
        }

        int Waiting => _begun.Count + _rest.Count;

        public void OnPush()
        {
            // A chunk is taken only while less than a batch waits: what waits is then all in what is begun.
            var chunk = Grab(_stage._in);
            _begun.AddRange(_rest);
            _rest = chunk is T[] array ? array : chunk is ArraySegment<T> segment ? segment : chunk.ToArray();
            Advance();
        }

        public void OnPull() => Advance();

        public void OnUpstreamFinish()
        {
            if (Waiting == 0)
                CompleteStage();
            else
                Advance();
        }

        public void OnUpstreamFailure(Exception e) => FailStage(e);

        public void OnDownstreamFinish(Exception cause) => InternalOnDownstreamFinish(cause);

        protected override void OnTimer(object timerKey)
        {
            (_isDue, _isTimed) = (true, false);
            Advance();
        }

        void Advance()
        {
            var isEnd = IsClosed(_stage._in);
            if (IsAvailable(_stage._out) && (Waiting >= _size || (Waiting > 0 && (_isDue || isEnd))))
            {
                Push(_stage._out, Take());
                Time(anew: true);
                if (isEnd && Waiting == 0)
                {
                    CompleteStage();
                    return;
                }
            }
            else
            {
                Time(anew: false);
            }

            if (!isEnd && Waiting < _size && !HasBeenPulled(_stage._in))
                Pull(_stage._in);
        }

        IReadOnlyList<T> Take()
        {
            var fromRest = Math.Min(_size - _begun.Count, _rest.Count);
            var last = _rest[..fromRest];
            _rest = _rest[fromRest..];
            if (_begun.Count == 0)
                return last;
            var batch = _begun;
            batch.AddRange(last);
            _begun = [];
            return batch;
        }

        /// <summary>Keeps the timer running while something waits that is not due.</summary>
        void Time(bool anew)
        {
            if (anew)
            {
                if (_isTimed)
                    CancelTimer(Timer);
                (_isDue, _isTimed) = (false, false);
            }

            if (Waiting == 0 || _isDue || _isTimed)
                return;
            ScheduleOnce(Timer, _wait);
            _isTimed = true;
        }
    }
}
