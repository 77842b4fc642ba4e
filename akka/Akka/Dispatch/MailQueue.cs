namespace Akka.Dispatch;

internal abstract class MailNode
{
    internal MailNode? Next;
}

internal sealed class MailStub : MailNode;

/// <summary>
/// An unbounded queue for many producers and one consumer (Vyukov's): a producer pays one exchange, the consumer no atomic operation at
/// all.
/// The node taken last stays on as the head, so a consumer must clear what it holds.
/// </summary>
internal struct MailQueue
{
    MailNode _head;
    MailNode _tail;

    public MailQueue() => _head = _tail = new MailStub();

    /// <summary>Also true while a producer is between its two steps, so nothing told is overlooked by one who asks this after its last
    /// take.</summary>
    internal readonly bool HasMore => !ReferenceEquals(Volatile.Read(in _head), Volatile.Read(in _tail));

    internal void Enqueue(MailNode node)
    {
        var previous = Interlocked.Exchange(ref _tail, node);
        Volatile.Write(ref previous.Next, node);
    }

    internal MailNode? TryDequeue()
    {
        var next = Volatile.Read(ref _head.Next);
        if (next is not null) _head = next;
        return next;
    }
}
