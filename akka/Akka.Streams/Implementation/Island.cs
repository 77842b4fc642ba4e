using System.Diagnostics.CodeAnalysis;
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

    /// <summary>The wire with the event that followed first from the handler that ran last.</summary>
    In? _next;
    int _chased;

    // A ring of wires with an event pending. A wire stands in it once at most.
    In[] _queue = new In[16];
    int _head;
    int _count;

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
            if (feeds is not null) feeds.Owner.Abandon(feeds);
            if (drains is not null) drains.Owner.Abandon(drains);
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
        if (_count > 0 || _next is not null)
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
        Logic? active = null;
        while (left > 0)
        {
            try
            {
                while (left > 0)
                {
                    left--;
                    var wire = _next;
                    if (wire is not null && (++_chased < ChaseLimit || _count == 0))
                    {
                        _next = null;
                    }
                    else
                    {
                        _chased = 0;
                        if (wire is not null)
                        {
                            _next = null;
                            Enqueue(wire);
                        }
                        if (_count == 0) return;
                        wire = Dequeue();
                    }
                    Deliver(wire, ref active);
                    if (active.Open == 0) Stop(active);
                }
            }
            catch (Exception e)
            {
                Failed(active!, e);
                if (active!.Open == 0) Stop(active);
            }
        }
    }

    /// <summary>Tells the stage at one end of the wire; <paramref name="active"/> says which, also when its handler throws.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Deliver(In wire, [NotNull] ref Logic? active)
    {
        var state = wire.State;
        switch (state & (WireState.Pushing | WireState.Pulling | WireState.InClosed | WireState.OutClosed))
        {
            case WireState.Pushing:
                wire.State = (state & ~WireState.Pushing) | WireState.InReady | WireState.Element;
                active = wire.Owner;
                active.OnPush(wire);
                break;
            case WireState.Pulling:
                var producer = wire.Producer!;
                wire.State = state ^ (WireState.Pulling | WireState.OutReady);
                active = producer.Owner;
                active.OnPull(producer);
                break;
            default:
                DeliverClosing(wire, state, ref active);
                break;
        }
    }

    static void DeliverClosing(In wire, WireState state, [NotNull] ref Logic? active)
    {
        if ((state & WireState.InClosed) != 0)
        {
            var producer = wire.Producer!;
            active = producer.Owner;
            if ((state & WireState.OutClosed) != 0) return;
            wire.State = (state | WireState.OutClosed) & ~(WireState.Pulling | WireState.Pushing);
            active.Open--;
            active.OnDownstreamFinish(producer, wire.Cause!);
            return;
        }
        active = wire.Owner;
        if ((state & WireState.Pushing) != 0)
        {
            // The element goes first; the closing that came after it is the wire's next event.
            wire.State = (state & ~WireState.Pushing) | WireState.InReady | WireState.Element;
            wire.Island.Enqueue(wire);
            active.OnPush(wire);
            return;
        }
        wire.State = (state | WireState.InClosed) & ~WireState.Pulling;
        active.Open--;
        if (wire.Cause is { } failure) active.OnUpstreamFailure(wire, failure);
        else active.OnUpstreamFinish(wire);
    }

    /// <summary>What a handler throws is its stage's end, unless the stage has a way to go on.</summary>
    void Failed(Logic stage, Exception cause)
    {
        try
        {
            if (stage.Recovers(cause)) return;
        }
        catch (Exception e)
        {
            cause = e;
        }
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
        _next = null;
        foreach (var stage in _stages.ToArray()) Stop(stage);
    }

    /// <summary>The first event of a handler is next, the others queue.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Follow(In wire)
    {
        if (_next is null) _next = wire;
        else Enqueue(wire);
    }

    In Dequeue()
    {
        var wire = _queue[_head];
        _queue[_head] = null!;
        _head = (_head + 1) & (_queue.Length - 1);
        _count--;
        return wire;
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
