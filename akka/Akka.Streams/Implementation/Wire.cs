using System.Runtime.CompilerServices;
using Akka.Pattern;

namespace Akka.Streams.Implementation;

/// <summary>Where a wire stands. Pulling and Pushing are never both set, and while one is, one event of the wire is pending.</summary>
[Flags]
internal enum WireState
{
    /// <summary>The consumer may pull.</summary>
    InReady = 1,
    /// <summary>A pull is on its way to the producer.</summary>
    Pulling = 2,
    /// <summary>The producer was pulled and may push.</summary>
    OutReady = 4,
    /// <summary>An element is on its way to the consumer.</summary>
    Pushing = 8,
    /// <summary>An element was delivered and not yet grabbed.</summary>
    Element = 16,
    /// <summary>The producer completed or failed, or was told of the cancellation.</summary>
    OutClosed = 32,
    /// <summary>The consumer cancelled, or was told of the completion or failure.</summary>
    InClosed = 64,
}

/// <summary>A stage's input, and the wire that leads to it from one output: it has room for one element.</summary>
internal abstract class In
{
    protected In(Logic owner, int index)
    {
        Owner = owner;
        Island = owner.Island;
        Index = index;
        owner.AddPort(this);
    }

    internal readonly Logic Owner;
    internal readonly Island Island;
    internal readonly int Index;
    internal Out? Producer;
    internal WireState State = WireState.InReady;
    internal Exception? Cause;

    internal bool IsClosed => (State & WireState.InClosed) != 0;

    internal bool HasBeenPulled => (State & (WireState.InReady | WireState.InClosed)) == 0;

    internal bool IsAvailable => (State & WireState.Element) != 0;

    internal abstract void Drop();

    internal void Pull()
    {
        if ((State & (WireState.InReady | WireState.InClosed | WireState.OutClosed)) == WireState.InReady)
        {
            State ^= WireState.InReady | WireState.Pulling;
            Island.Follow(this);
            return;
        }
        if (IsClosed) throw new IllegalStateException($"Cannot pull closed port of {Owner}");
        if (HasBeenPulled) throw new IllegalStateException($"Cannot pull port of {Owner} twice");
        // The producer has closed and does not know of this demand any more; the consumer is told of the closing next.
        State ^= WireState.InReady;
    }

    internal void TryPull()
    {
        if (!IsClosed && !HasBeenPulled) Pull();
    }

    internal void Cancel(Exception cause)
    {
        if (IsClosed) return;
        var before = State;
        State |= WireState.InClosed;
        Drop();
        Owner.Open--;
        if ((before & WireState.OutClosed) != 0) return;
        Cause = cause;
        if ((before & (WireState.Pulling | WireState.Pushing)) == 0) Island.Enqueue(this);
    }

    internal void Cancel() => Cancel(SubscriptionWithCancelException.NoMoreElementsNeeded.Instance);
}

internal sealed class In<T>(Logic owner, int index = 0) : In(owner, index)
{
    T? _slot;

    internal void Put(T element) => _slot = element;

    internal T Grab()
    {
        if ((State & WireState.Element) == 0) throw new IllegalStateException($"Cannot get element from already empty input of {Owner}");
        State &= ~WireState.Element;
        var element = _slot!;
        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>()) _slot = default;
        return element;
    }

    internal override void Drop()
    {
        State &= ~WireState.Element;
        _slot = default;
    }
}

/// <summary>A stage's output: what it may do to the wire that starts there.</summary>
internal abstract class Out
{
    protected Out(Logic owner, int index)
    {
        Owner = owner;
        Index = index;
        owner.AddPort(this);
    }

    internal readonly Logic Owner;
    internal readonly int Index;

    internal abstract In Consumer { get; }

    internal bool IsAvailable => (Consumer.State & (WireState.OutReady | WireState.OutClosed)) == WireState.OutReady;

    internal bool IsClosed => (Consumer.State & WireState.OutClosed) != 0;

    internal abstract void Connect(In consumer);

    internal void Complete() => Close(null);

    internal void Fail(Exception cause) => Close(cause);

    void Close(Exception? cause)
    {
        var wire = Consumer;
        var before = wire.State;
        if ((before & WireState.OutClosed) != 0) return;
        wire.State |= WireState.OutClosed;
        Owner.Open--;
        if ((before & WireState.InClosed) != 0) return;
        wire.Cause = cause;
        if ((before & (WireState.Pulling | WireState.Pushing)) == 0) wire.Island.Enqueue(wire);
    }
}

internal sealed class Out<T>(Logic owner, int index = 0) : Out(owner, index)
{
    In<T>? _wire;

    internal override In Consumer => _wire!;

    internal override void Connect(In consumer)
    {
        _wire = (In<T>)consumer;
        consumer.Producer = this;
    }

    internal void Push(T element)
    {
        var wire = _wire!;
        if ((wire.State & (WireState.OutReady | WireState.OutClosed | WireState.InClosed)) == WireState.OutReady)
        {
            wire.State ^= WireState.OutReady | WireState.Pushing;
            wire.Put(element);
            wire.Island.Follow(wire);
            return;
        }
        if (IsClosed) throw new IllegalStateException($"Cannot push closed port of {Owner}");
        if (!IsAvailable) throw new IllegalStateException($"Cannot push port of {Owner} twice, or before it being pulled");
        // The consumer has cancelled, and the producer is told next.
        wire.State ^= WireState.OutReady;
    }
}
