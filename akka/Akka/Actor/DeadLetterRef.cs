using Akka.Dispatch;
using Akka.Event;

namespace Akka.Actor;

internal sealed class DeadLetterRef(ActorSystemImpl system, ActorPath path) : ActorRefBase, IInternalActorRef
{
    int _logged;
    public override ActorPath Path => path;
    public bool IsTerminated => true;

    public void SendSystemMessage(SystemMessage message)
    {
        if (message is Watch watch) watch.Watcher.SendSystemMessage(new DeathWatchNotification(this, false));
    }

    protected override void TellInternal(object message, IActorRef sender)
    {
        var letter = message as DeadLetter ?? new DeadLetter(message, sender ?? this, this);
        if (letter.Message is IDeadLetterSuppression suppressed)
        {
            system.EventStream.Publish(new SuppressedDeadLetter(suppressed, letter.Sender, letter.Recipient));
            return;
        }
        system.EventStream.Publish(letter);
        Log(letter);
    }

    void Log(DeadLetter letter)
    {
        var settings = system.Settings;
        if (settings.LogDeadLetters <= 0 || (system.IsTerminating && !settings.LogDeadLettersDuringShutdown)) return;
        var number = Interlocked.Increment(ref _logged);
        if (number > settings.LogDeadLetters) return;
        var last = number == settings.LogDeadLetters ? ", no more dead letters will be logged" : "";
        system.EventStream.Publish(new Info(
            letter.Recipient.Path.ToString(),
            letter.Recipient.GetType(),
            $"Message [{letter.Message.GetType().Name}] from {letter.Sender} to {letter.Recipient} was not delivered. "
            + $"[{number}] dead letters encountered{last}. "
            + "How many are logged is set by 'akka.log-dead-letters' and 'akka.log-dead-letters-during-shutdown'."));
    }
}
