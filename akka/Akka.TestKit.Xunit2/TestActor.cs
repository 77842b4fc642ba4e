using System.Threading.Channels;
using Akka.Actor;

namespace Akka.TestKit;

/// <summary>What a test is to its actors: an address whose mail the test reads.</summary>
internal sealed class TestActor(Inbox inbox) : UntypedActor
{
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case WatchFor watch:
                Context.Watch(watch.Subject);
                Sender.Tell(Done.Instance);
                break;
            case UnwatchFor unwatch:
                Context.Unwatch(unwatch.Subject);
                Sender.Tell(Done.Instance);
                break;
            case SpawnFor spawn:
                Sender.Tell(Context.ActorOf(spawn.Props, spawn.Name));
                break;
            default:
                inbox.Add(message, Sender);
                break;
        }
    }

    internal sealed record WatchFor(IActorRef Subject);
    internal sealed record UnwatchFor(IActorRef Subject);
    internal sealed record SpawnFor(Props Props, string? Name);
}

internal sealed class Inbox
{
    readonly Channel<Received> _mail = Channel.CreateUnbounded<Received>();
    internal Func<object, bool>? Ignores { get; set; }
    internal bool HasMessages => _mail.Reader.Count > 0;

    internal void Add(object message, IActorRef sender)
    {
        if (Ignores?.Invoke(message) != true) _mail.Writer.TryWrite(new Received(message, sender));
    }

    /// <summary>Null after the wait.</summary>
    internal async ValueTask<Received?> TakeAsync(TimeSpan max, CancellationToken cancellationToken, bool leave = false)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (max != Timeout.InfiniteTimeSpan) limit.CancelAfter(max > TimeSpan.Zero ? max : TimeSpan.Zero);
        while (true)
        {
            if (leave ? _mail.Reader.TryPeek(out var received) : _mail.Reader.TryRead(out received)) return received;
            try
            {
                await _mail.Reader.WaitToReadAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return null;
            }
        }
    }

    internal sealed record Received(object Message, IActorRef Sender);
}
