#nullable disable
namespace Akka.Persistence;

/// <summary>A persistent actor whose behaviour is two lists of typed handlers, for replayed events and for commands, each tried in order.</summary>
public abstract class ReceivePersistentActor : UntypedPersistentActor
{
    readonly List<Func<object, bool>> _recover = [];
    readonly List<Func<object, bool>> _commands = [];

    protected void Recover<T>(Action<T> handler, Predicate<T> shouldHandle = null) => Add(_recover, handler, shouldHandle);

    protected void Command<T>(Action<T> handler, Predicate<T> shouldHandle = null) => Add(_commands, handler, shouldHandle);

    protected void CommandAny(Action<object> handler) => Add(_commands, handler, null);

    protected sealed override void OnRecover(object message) => Handle(_recover, message);

    protected sealed override void OnCommand(object message) => Handle(_commands, message);

    void Handle(List<Func<object, bool>> handlers, object message)
    {
        foreach (var handler in handlers)
        {
            if (handler(message)) return;
        }
        Unhandled(message);
    }

    static void Add<T>(List<Func<object, bool>> handlers, Action<T> handler, Predicate<T> shouldHandle) => handlers.Add(message =>
    {
        if (message is not T typed || (shouldHandle is not null && !shouldHandle(typed))) return false;
        handler(typed);
        return true;
    });
}
