using System.Runtime.CompilerServices;
using Akka.Event;

namespace Akka.Streams.Implementation;

/// <summary>
/// A running graph: its stages, and the events on the wires between them. Everything happens one at a time, on whichever
/// thread of the pool has the island's turn. Only <see cref="Post"/> and <see cref="Abort"/> may be called from outside.
/// </summary>
internal sealed class Island(ActorMaterializer materializer) : IThreadPoolWorkItem
{
    /// <summary>So many events in a row, and other islands and actors get the thread.</summary>
    const int EventsPerTurn = 8192;

    /// <summary>So often a push or pull that follows from the last handler goes before what waits in the queue.</summary>
    const int ChaseLimit = 16;

    readonly List<Logic> _stages = [];
    Signal? _signals;
    int _scheduled;
    int _started;
    volatile Exception? _abort;

    /// <summary>The stage whose handler runs.</summary>
    Logic _active = null!;

    In? _pushed;
    In? _pulled;
    int _chased;

    // A ring of wires with an event pending. A wire stands in it once at most.
    In[] _queue = new In[16];
    int _head;
    int _count;

    internal ActorMaterializer Materializer => materializer;

    internal void Add(Logic stage) => _stages.Add(stage);

    /// <summary>Stages of a graph inside a stage start at once, before the next event.</summary>
    internal void Attach<TMat>(Build<TMat> graph, Materialization context, Out? feeds, In? drains)
    {
        var ports = new Ports();
        var before = _stages.Count;
        try
        {
            graph(context, ports);
        }
        catch
        {
            // Stages that were made before the blueprint threw lead nowhere.
            _stages.RemoveRange(before, _stages.Count - before);
            throw;
        }
        if (feeds is not null) feeds.Connect(ports.Ins[0]);
        if (drains is not null) ports.Outs[0].Connect(drains);
        StartStages();
    }

    internal void Start() => Schedule();

    internal void Post(Signal signal)
    {
        var head = Volatile.Read(ref _signals);
        while (true)
        {
            signal.Next = head;
            var seen = Interlocked.CompareExchange(ref _signals, signal, head);
            if (seen == head) break;
            head = seen;
        }
        Schedule();
    }

    /// <summary>Stops every stage where it stands.</summary>
    internal void Abort(Exception cause)
    {
        _abort = cause;
        Schedule();
    }

    void Schedule()
    {
        if (Interlocked.Exchange(ref _scheduled, 1) == 0) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute()
    {
        var left = EventsPerTurn;
        if (_abort is not null) StopAll();
        else StartStages();
        RunSignals(ref left);
        RunEvents(ref left);
        if (_count > 0 || _pushed is not null || _pulled is not null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return;
        }
        Volatile.Write(ref _scheduled, 0);
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _signals) is not null || (_abort is not null && _stages.Count > 0)) Schedule();
    }

    void StartStages()
    {
        while (_started < _stages.Count)
        {
            var stage = _stages[_started++];
            try
            {
                stage.PreStart();
            }
            catch (Exception e)
            {
                Failed(stage, e);
            }
            if (stage.Open == 0) Stop(stage);
        }
    }

    void RunSignals(ref int left)
    {
        Signal? first = null;
        for (var signal = Interlocked.Exchange(ref _signals, null); signal is not null;)
        {
            var next = signal.Next;
            signal.Next = first;
            first = signal;
            signal = next;
        }
        while (first is not null)
        {
            var signal = first;
            first = signal.Next;
            signal.Next = null;
            var stage = signal.Target;
            if (stage.Stopped)
            {
                signal.Late();
                continue;
            }
            try
            {
                signal.Run();
            }
            catch (Exception e)
            {
                Failed(stage, e);
            }
            if (stage.Open == 0) Stop(stage);
            RunEvents(ref left);
        }
    }

    void RunEvents(ref int left)
    {
        while (left-- > 0)
        {
            In? wire;
            if ((wire = _pushed) is not null && _chased < ChaseLimit)
            {
                _pushed = null;
                _chased++;
            }
            else if ((wire = _pulled) is not null && _chased < ChaseLimit)
            {
                _pulled = null;
                _chased++;
            }
            else
            {
                _chased = 0;
                if (_pushed is not null) Enqueue(Take(ref _pushed));
                if (_pulled is not null) Enqueue(Take(ref _pulled));
                if (_count == 0) return;
                wire = _queue[_head];
                _queue[_head] = null!;
                _head = (_head + 1) & (_queue.Length - 1);
                _count--;
            }
            Deliver(wire);
        }
    }

    static In Take(ref In? slot)
    {
        var wire = slot!;
        slot = null;
        return wire;
    }

    void Deliver(In wire)
    {
        var state = wire.State;
        try
        {
            if ((state & (WireState.Pushing | WireState.InClosed | WireState.OutClosed)) == WireState.Pushing)
            {
                wire.State = (state & ~WireState.Pushing) | WireState.InReady | WireState.Element;
                _active = wire.Owner;
                wire.Owner.OnPush(wire);
            }
            else if ((state & (WireState.Pulling | WireState.InClosed | WireState.OutClosed)) == WireState.Pulling)
            {
                var producer = wire.Producer!;
                wire.State = state ^ (WireState.Pulling | WireState.OutReady);
                _active = producer.Owner;
                producer.Owner.OnPull(producer);
            }
            else
            {
                DeliverClosing(wire, state);
            }
        }
        catch (Exception e)
        {
            Failed(_active, e);
        }
        if (_active.Open == 0) Stop(_active);
    }

    void DeliverClosing(In wire, WireState state)
    {
        if ((state & WireState.InClosed) != 0)
        {
            var producer = wire.Producer!;
            _active = producer.Owner;
            if ((state & WireState.OutClosed) != 0) return;
            wire.State = (state | WireState.OutClosed) & ~(WireState.Pulling | WireState.Pushing);
            _active.Open--;
            _active.OnDownstreamFinish(producer, wire.Cause!);
            return;
        }
        _active = wire.Owner;
        if ((state & WireState.Pushing) != 0)
        {
            // The element goes first; the closing that came after it is the wire's next event.
            wire.State = (state & ~WireState.Pushing) | WireState.InReady | WireState.Element;
            Enqueue(wire);
            _active.OnPush(wire);
            return;
        }
        wire.State = (state | WireState.InClosed) & ~WireState.Pulling;
        _active.Open--;
        if (wire.Cause is { } failure) _active.OnUpstreamFailure(wire, failure);
        else _active.OnUpstreamFinish(wire);
    }

    void Failed(Logic stage, Exception cause)
    {
        materializer.Logger.Error(cause, "Error in stage [{0}]: {1}", stage, cause.Message);
        stage.FailStage(cause);
    }

    void Stop(Logic stage)
    {
        if (stage.Stopped) return;
        stage.Stopped = true;
        var at = _stages.IndexOf(stage);
        _stages.RemoveAt(at);
        if (at < _started) _started--;
        stage.CancelTimers();
        try
        {
            stage.PostStop();
        }
        catch (Exception e)
        {
            materializer.Logger.Error(e, "Error while stopping stage [{0}]: {1}", stage, e.Message);
        }
        if (_stages.Count == 0) materializer.Forget(this);
    }

    void StopAll()
    {
        _count = 0;
        _pushed = _pulled = null;
        foreach (var stage in _stages.ToArray()) Stop(stage);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void AfterPush(In wire)
    {
        if (_pushed is null) _pushed = wire;
        else Enqueue(wire);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void AfterPull(In wire)
    {
        if (_pulled is null) _pulled = wire;
        else Enqueue(wire);
    }

    internal void Enqueue(In wire)
    {
        if (_count == _queue.Length)
        {
            var larger = new In[_queue.Length * 2];
            for (var i = 0; i < _count; i++) larger[i] = _queue[(_head + i) & (_queue.Length - 1)];
            (_queue, _head) = (larger, 0);
        }
        _queue[(_head + _count++) & (_queue.Length - 1)] = wire;
    }
}
