using Akka.Dispatch;

namespace Akka.Actor;

public static class GracefulStopSupport
{
    /// <summary>Stops an actor after what it was told before. True once it has stopped, false where it has not in time.</summary>
    public static Task<bool> GracefulStop(this IActorRef target, TimeSpan timeout) => target.GracefulStop(timeout, PoisonPill.Instance);

    public static async Task<bool> GracefulStop(this IActorRef target, TimeSpan timeout, object stopMessage)
    {
        var watched = (IInternalActorRef)target;
        var end = new AskRef<DeathWatchNotification>(target);
        end.Start(timeout, CancellationToken.None);
        watched.SendSystemMessage(new Watch(end));
        target.Tell(stopMessage, ActorRefs.NoSender);
        try
        {
            await end.Task.ConfigureAwait(false);
            return true;
        }
        catch (AskTimeoutException)
        {
            watched.SendSystemMessage(new Unwatch(end));
            return false;
        }
    }
}
