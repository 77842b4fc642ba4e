#nullable disable // Implements Akka.NET's interfaces, which say nothing about null.
using Akka.Dispatch;
using Akka.Event;

namespace Akka.Actor;

/// <summary>
/// An actor's inside: its mail, its behaviour and its place in the tree. Runs on the thread pool, on one thread at a time,
/// a batch of messages at once; all fields but the queues and <see cref="_status"/> belong to whoever runs it.
/// </summary>
internal sealed partial class ActorCell : IUntypedActorContext, IThreadPoolWorkItem
{
    const int Throughput = 30;
    const int Idle = 0, Scheduled = 1;

    [ThreadStatic]
    static ActorCell t_current;
    readonly Stack<Receive> _behaviours = new();
    readonly IInternalActorRef _parent;
    MailQueue _mail = new();
    MailQueue _systemMail = new();
    int _status;
    int _suspended;
    volatile bool _closed;
    Envelope[] _unstashed;
    int _unstashedCount;
    ActorBase _actor;
    object _message;
    IActorRef _sender;
    ICancelable _receiveTimer;

    internal ActorCell(ActorSystemImpl system, Props props, IInternalActorRef parent, ActorPath path)
    {
        SystemImpl = system;
        Props = props;
        _parent = parent;
        SelfRef = new LocalActorRef(this, path);
    }

    internal static ActorCell Current
    {
        get => t_current;
        set => t_current = value;
    }

    internal static IActorRef CurrentSelf => t_current?.Self;
    internal static IActorRef CurrentSender => t_current?.Sender;
    internal ActorSystemImpl SystemImpl { get; }
    internal LocalActorRef SelfRef { get; }
    internal object CurrentMessage => _message;
    internal long EnvelopeId { get; private set; }
    internal bool IsTerminated => _closed;
    public IActorRef Self => SelfRef;
    public Props Props { get; }
    public IActorRef Sender => _sender ?? SystemImpl.DeadLetters;
    public ActorSystem System => SystemImpl;
    public IActorRef Parent => _parent;
    public TimeSpan? ReceiveTimeout { get; private set; }

    internal void SendMessage(object message, IActorRef sender)
    {
        _mail.Enqueue(new Mail(message, sender));
        Schedule();
    }

    internal void SendSystemMessage(SystemMessage message)
    {
        _systemMail.Enqueue(message);
        Schedule();
    }

    void Schedule(bool behindOthers = false)
    {
        // The enqueuing exchange before this read and the one in Execute between them make sure that one of both sides sees the other.
        if (_status == Idle && Interlocked.CompareExchange(ref _status, Scheduled, Idle) == Idle)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: !behindOthers);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        var outer = t_current;
        t_current = this;
        Run();
        t_current = outer;

        var takesMail = _closed || _suspended == 0;
        var holdsUnstashed = takesMail && _unstashedCount > 0;
        Interlocked.Exchange(ref _status, Idle);
        if (holdsUnstashed || _systemMail.HasMore || (takesMail && _mail.HasMore))
        {
            // A thread takes its own newest item first: a busy actor that stayed there would let nobody else run.
            Schedule(behindOthers: true);
        }
    }

    void Run()
    {
        for (var left = Throughput; left > 0; left--)
        {
            while (_systemMail.TryDequeue() is { } next) InvokeSystem((SystemMessage)next);
            if (_closed) break;
            if (_suspended > 0) return;
            if (_unstashedCount > 0)
            {
                var envelope = _unstashed[--_unstashedCount];
                _unstashed[_unstashedCount] = default;
                Invoke(envelope.Message, envelope.Sender);
            }
            else if (_mail.TryDequeue() is Mail mail)
            {
                var (message, sender) = mail.Take();
                Invoke(message, sender);
            }
            else
            {
                return;
            }
        }
        if (_closed) DrainToDeadLetters();
    }

    void Invoke(object message, IActorRef sender)
    {
        _message = message;
        _sender = sender;
        EnvelopeId++;
        try
        {
            if (message is IAutoReceivedMessage) AutoReceive(message);
            else ReceiveMessage(message);
            if (!_awaiting) _message = null;
        }
        catch (Exception fault)
        {
            HandleInvokeFailure(fault);
        }
        if (ReceiveTimeout is not null || _receiveTimer is not null) CheckReceiveTimeout();
    }

    void ReceiveMessage(object message) => _actor.AroundReceive(_behaviours.Peek(), message);

    void AutoReceive(object message)
    {
        switch (message)
        {
            case Terminated terminated:
                ReceiveTerminated(terminated);
                break;
            case PoisonPill:
                SendSystemMessage(new Terminate());
                break;
            case Kill:
                throw new ActorKilledException("Kill");
            default:
                ReceiveMessage(message);
                break;
        }
    }

    void DrainToDeadLetters()
    {
        while (_unstashedCount > 0)
        {
            var envelope = _unstashed[--_unstashedCount];
            DeadLetter(envelope.Message, envelope.Sender);
        }
        while (_mail.TryDequeue() is Mail mail)
        {
            var (message, sender) = mail.Take();
            DeadLetter(message, sender);
        }
    }

    void DeadLetter(object message, IActorRef sender) =>
        SystemImpl.DeadLetters.Tell(new DeadLetter(message, sender ?? SystemImpl.DeadLetters, Self), sender);

    /// <summary>Puts a message before all that wait.</summary>
    internal void EnqueueFirst(Envelope envelope)
    {
        if (envelope.Message is Terminated terminated) TerminatedQueued(terminated.ActorRef, null);
        _unstashed ??= new Envelope[4];
        if (_unstashedCount == _unstashed.Length) Array.Resize(ref _unstashed, _unstashedCount * 2);
        _unstashed[_unstashedCount++] = envelope;
    }

    public void Become(Receive receive)
    {
        _behaviours.TryPop(out _);
        _behaviours.Push(receive);
    }

    public void BecomeStacked(Receive receive) => _behaviours.Push(receive);

    public void UnbecomeStacked()
    {
        if (_behaviours.Count > 1) _behaviours.Pop();
    }

    void IUntypedActorContext.Become(UntypedReceive receive) => Become(Handled(receive));
    void IUntypedActorContext.BecomeStacked(UntypedReceive receive) => BecomeStacked(Handled(receive));

    static Receive Handled(UntypedReceive receive) => message =>
    {
        receive(message);
        return true;
    };

    public void SetReceiveTimeout(TimeSpan? timeout) => ReceiveTimeout = timeout;

    void CheckReceiveTimeout()
    {
        CancelReceiveTimer();
        if (ReceiveTimeout is not { } timeout || _closed) return;
        _receiveTimer = SystemImpl.Scheduler.ScheduleTellOnceCancelable(timeout, Self, Actor.ReceiveTimeout.Instance, Self);
    }

    void CancelReceiveTimer()
    {
        _receiveTimer?.Cancel();
        _receiveTimer = null;
    }

    sealed class Mail(object message, IActorRef sender) : MailNode
    {
        object _message = message;
        IActorRef _sender = sender;

        internal (object Message, IActorRef Sender) Take()
        {
            var taken = (_message, _sender);
            (_message, _sender) = (null, null);
            return taken;
        }
    }
}
