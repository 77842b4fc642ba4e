#nullable disable
namespace Akka.Actor;

/// <summary>An actor whose behaviour is a list of typed handlers, tried in the order they were given.</summary>
public abstract class ReceiveActor : UntypedActor
{
    List<Func<object, bool>> _configuring = [];
    bool _takesAny;
    Receive _handle;

    internal override void Init(ActorCell cell)
    {
        base.Init(cell);
        _handle = Configured();
    }

    protected sealed override void OnReceive(object message)
    {
        if (!_handle(message)) Unhandled(message);
    }

    protected void Become(Action configure) => Become(Configure(configure));
    protected void BecomeStacked(Action configure) => BecomeStacked(Configure(configure));

    protected void Receive<T>(Action<T> handler, Predicate<T> shouldHandle = null) => Add<T>(message =>
    {
        if (shouldHandle is not null && !shouldHandle(message)) return false;
        handler(message);
        return true;
    });

    protected void Receive<T>(Predicate<T> shouldHandle, Action<T> handler) => Receive(handler, shouldHandle);
    protected void Receive<T>(Func<T, bool> handler) => Add(handler);

    protected void ReceiveAny(Action<object> handler)
    {
        Receive(handler);
        _takesAny = true;
    }

    /// <summary>No other message is taken before the task is done; what follows an await runs as this actor.</summary>
    protected void ReceiveAsync<T>(Func<T, Task> handler, Predicate<T> shouldHandle = null) =>
        Receive(message => RunTask(() => handler(message)), shouldHandle);

    protected void ReceiveAsync<T>(Predicate<T> shouldHandle, Func<T, Task> handler) => ReceiveAsync(handler, shouldHandle);

    protected void ReceiveAnyAsync(Func<object, Task> handler)
    {
        ReceiveAsync(handler);
        _takesAny = true;
    }

    void Add<T>(Func<T, bool> handler)
    {
        if (_configuring is null)
        {
            throw new InvalidOperationException("You may only call Receive-methods when constructing the actor and inside Become().");
        }
        if (_takesAny)
        {
            throw new InvalidOperationException("A handler that catches all messages has been added. No handler can be added after that.");
        }
        _configuring.Add(message => message is T typed && handler(typed));
    }

    Receive Configure(Action configure)
    {
        var outer = (_configuring, _takesAny);
        (_configuring, _takesAny) = ([], false);
        configure();
        var receive = Configured();
        (_configuring, _takesAny) = outer;
        return receive;
    }

    Receive Configured()
    {
        var handlers = _configuring.ToArray();
        _configuring = null;
        return message =>
        {
            foreach (var handler in handlers)
            {
                if (handler(message)) return true;
            }
            return false;
        };
    }
}
