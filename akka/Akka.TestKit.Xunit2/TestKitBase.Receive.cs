using System.Runtime.CompilerServices;

namespace Akka.TestKit;

public abstract partial class TestKitBase
{
    /// <summary>The next message, or null where none came in time.</summary>
    public object? ReceiveOne(TimeSpan? max = null, CancellationToken cancellationToken = default) =>
        Wait(ReceiveOneAsync(max, cancellationToken));

    public async ValueTask<object?> ReceiveOneAsync(TimeSpan? max = null, CancellationToken cancellationToken = default) =>
        (await TakeAsync(RemainingOrDilated(max), cancellationToken).ConfigureAwait(false))?.Message;

    public IReadOnlyCollection<object> ReceiveN(int numberOfMessages, CancellationToken cancellationToken = default) =>
        Wait(ReceiveAsync(numberOfMessages, RemainingOrDefault, cancellationToken));

    public IReadOnlyCollection<object> ReceiveN(int numberOfMessages, TimeSpan max, CancellationToken cancellationToken = default) =>
        Wait(ReceiveAsync(numberOfMessages, Dilated(max), cancellationToken));

    public T FishForMessage<T>(
        Predicate<T> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default) =>
        Wait(FishForMessageAsync(isMessage, max, hint, cancellationToken));

    public async ValueTask<T> FishForMessageAsync<T>(
        Predicate<T> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default)
    {
        var limit = RemainingOrDilated(max);
        var end = Now + limit;
        while (await TakeAsync(NotNegative(end - Now), cancellationToken).ConfigureAwait(false) is { } received)
        {
            if (received.Message is T message && isMessage(message)) return message;
        }
        Assertions.Fail("Failed: Timeout {0} while fishing for a message of type {1} {2}", limit, typeof(T), hint);
        return default!;
    }

    async ValueTask<Inbox.Received?> TakeAsync(TimeSpan max, CancellationToken cancellationToken)
    {
        _lastWasNoMsg = false;
        return _last = await _inbox.TakeAsync(max, cancellationToken).ConfigureAwait(false);
    }

    async Task<IReadOnlyCollection<object>> ReceiveAsync(int count, TimeSpan max, CancellationToken cancellationToken)
    {
        var end = Now + max;
        var messages = new List<object>();
        while (messages.Count < count)
        {
            if (await TakeAsync(NotNegative(end - Now), cancellationToken).ConfigureAwait(false) is not { } received)
            {
                Assertions.Fail("Timeout ({0}) while expecting {1} messages. Only got {2} after {0}.", max, count, messages.Count);
                break;
            }
            messages.Add(received.Message);
        }
        return messages;
    }
}
