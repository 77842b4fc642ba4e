using Akka.Streams.Supervision;

namespace Akka.Streams.Implementation.Stages;

internal sealed class Buffer<T>(Materialization context, int size, OverflowStrategy strategy) : FlowLogic<T, T>(context)
{
    readonly Ring<T> _ring = new(size);

    internal override void PreStart() => In.Pull();

    internal override void OnPush(In port)
    {
        var element = In.Grab();
        if (Out.IsAvailable)
        {
            Out.Push(element);
            In.Pull();
            return;
        }
        if (!_ring.Add(element, strategy) && strategy == OverflowStrategy.Fail)
        {
            FailStage(new BufferOverflowException($"Buffer overflow (max capacity was {size})"));
            return;
        }
        if (strategy != OverflowStrategy.Backpressure || !_ring.IsFull) In.Pull();
    }

    internal override void OnPull(Out port)
    {
        if (_ring.Count > 0) Out.Push(_ring.Take());
        if (!In.IsClosed) In.TryPull();
        else if (_ring.Count == 0) CompleteStage();
    }

    internal override void OnUpstreamFinish(In port)
    {
        if (_ring.Count == 0) CompleteStage();
    }
}

/// <summary>Elements in the order they came, at most so many.</summary>
internal sealed class Ring<T>(int size)
{
    T[] _items = new T[Math.Min(size, 16)];
    int _head;

    internal int Count { get; private set; }

    internal bool IsFull => Count == size;

    internal T Take()
    {
        var first = _items[_head];
        _items[_head] = default!;
        _head = (_head + 1) % _items.Length;
        Count--;
        return first;
    }

    /// <summary>False where the ring is full and the strategy takes no element away for the new one.</summary>
    internal bool Add(T element, OverflowStrategy strategy)
    {
        if (IsFull)
        {
            switch (strategy)
            {
                case OverflowStrategy.DropHead:
                    Take();
                    break;
                case OverflowStrategy.DropTail:
                    Count--;
                    break;
                case OverflowStrategy.DropBuffer:
                    while (Count > 0) Take();
                    break;
                default:
                    return false;
            }
        }
        if (Count == _items.Length)
        {
            var larger = new T[Math.Min(size, _items.Length * 2)];
            for (var i = 0; i < Count; i++) larger[i] = _items[(_head + i) % _items.Length];
            (_items, _head) = (larger, 0);
        }
        _items[(_head + Count++) % _items.Length] = element;
        return true;
    }
}

/// <summary>While there is no demand, elements go into one sum, so many at the most.</summary>
internal sealed class Batch<TIn, TOut>(
    Materialization context, long max, Func<TIn, TOut> seed, Func<TOut, TIn, TOut> aggregate) : FlowLogic<TIn, TOut>(context)
{
    TOut? _sum;
    bool _any;
    readonly long _max = max;
    long _left = max;
    TIn? _next;
    bool _hasNext;

    internal override void PreStart() => In.Pull();

    internal override void OnPush(In port)
    {
        var element = In.Grab();
        try
        {
            if (_any && _left == 0)
            {
                (_next, _hasNext) = (element, true);
            }
            else
            {
                _sum = _any ? aggregate(_sum!, element) : seed(element);
                _any = true;
                _left--;
            }
        }
        catch (Exception e)
        {
            if (Stops(e)) return;
        }
        if (Out.IsAvailable && _any) Flush();
        if (!_hasNext) In.TryPull();
    }

    internal override void OnPull(Out port)
    {
        if (_any) Flush();
        if (In.IsClosed)
        {
            if (!_any) CompleteStage();
        }
        else if (!_hasNext)
        {
            In.TryPull();
        }
    }

    internal override void OnUpstreamFinish(In port)
    {
        if (!_any) CompleteStage();
    }

    void Flush()
    {
        Out.Push(_sum!);
        (_sum, _any, _left) = (default, false, _max);
        if (!_hasNext) return;
        try
        {
            _sum = seed(_next!);
            _any = true;
            _left--;
        }
        catch (Exception e)
        {
            Stops(e);
        }
        (_next, _hasNext) = (default, false);
    }

    bool Stops(Exception cause)
    {
        var directive = Decider(cause);
        if (directive == Directive.Stop) FailStage(cause);
        else if (directive == Directive.Restart) (_sum, _any, _left, _next, _hasNext) = (default, false, _max, default, false);
        return directive == Directive.Stop;
    }
}

internal sealed class QueueSource<T>(Materialization context, int size, OverflowStrategy strategy)
    : SourceLogic<T>(context), ISourceQueueWithComplete<T>
{
    readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Ring<T> _ring = new(size);
    Offer? _waiting;
    bool _completing;

    public Task<IQueueOfferResult> OfferAsync(T element)
    {
        var offer = new Offer(this, element);
        Island.Post(offer);
        return offer.Result.Task;
    }

    public Task WatchCompletionAsync() => _completion.Task;

    public void Complete() => Post(() =>
    {
        _completing = true;
        FinishIfDone();
    });

    public void Fail(Exception ex) => Post(() =>
    {
        _completion.TrySetException(ex);
        FailStage(ex);
    });

    internal override void OnPull(Out port)
    {
        if (_ring.Count > 0)
        {
            Out.Push(_ring.Take());
            if (_waiting is not null) Admit(ref _waiting);
        }
        else if (_waiting is not null)
        {
            Out.Push(_waiting.Element);
            _waiting.Answer(QueueOfferResult.Enqueued.Instance);
            _waiting = null;
        }
        FinishIfDone();
    }

    internal override void OnDownstreamFinish(Out port, Exception cause)
    {
        _waiting?.Answer(QueueOfferResult.QueueClosed.Instance);
        _waiting = null;
        _completion.TrySetResult();
        CancelStage(cause);
    }

    internal override void PostStop() => _completion.TrySetException(new StreamDetachedException());

    void Take(Offer offer)
    {
        if (Out.IsAvailable)
        {
            Out.Push(offer.Element);
            offer.Answer(QueueOfferResult.Enqueued.Instance);
        }
        else if (size > 0 && _ring.Add(offer.Element, strategy))
        {
            offer.Answer(QueueOfferResult.Enqueued.Instance);
        }
        else if (size == 0 && _waiting is null)
        {
            _waiting = offer;
        }
        else
        {
            Overflow(offer);
        }
    }

    void Overflow(Offer offer)
    {
        switch (strategy)
        {
            case OverflowStrategy.DropHead or OverflowStrategy.DropBuffer:
                _waiting!.Answer(QueueOfferResult.Dropped.Instance);
                _waiting = offer;
                break;
            case OverflowStrategy.DropTail or OverflowStrategy.DropNew:
                offer.Answer(QueueOfferResult.Dropped.Instance);
                break;
            case OverflowStrategy.Backpressure when _waiting is null:
                _waiting = offer;
                break;
            case OverflowStrategy.Backpressure:
                offer.Result.TrySetException(new Akka.Pattern.IllegalStateException(
                    "You have to wait for previous offer to be resolved to send another request."));
                break;
            default:
                var overflow = new BufferOverflowException($"Buffer overflow (max capacity was: {size})!");
                offer.Answer(new QueueOfferResult.Failure(overflow));
                _completion.TrySetException(overflow);
                FailStage(overflow);
                break;
        }
    }

    void Admit(ref Offer? offer)
    {
        _ring.Add(offer!.Element, strategy);
        offer.Answer(QueueOfferResult.Enqueued.Instance);
        offer = null;
    }

    void FinishIfDone()
    {
        if (!_completing || _ring.Count > 0 || _waiting is not null) return;
        _completion.TrySetResult();
        CompleteStage();
    }

    sealed class Offer(QueueSource<T> queue, T element) : Signal(queue)
    {
        internal readonly TaskCompletionSource<IQueueOfferResult> Result = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal T Element => element;

        internal void Answer(IQueueOfferResult result) => Result.TrySetResult(result);

        internal override void Run() => queue.Take(this);

        internal override void Late() => Result.TrySetException(new StreamDetachedException());
    }
}
