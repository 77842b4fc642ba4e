using Akka.Actor;

namespace Akka.TestKit;

// Each expectation takes the next message, whatever it is, and fails where it is not the one expected.
public abstract partial class TestKitBase
{
    public T ExpectMsg<T>(TimeSpan? duration = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Wait(ExpectMsgAsync<T>(duration, hint, cancellationToken));

    public ValueTask<T> ExpectMsgAsync<T>(TimeSpan? duration = null, string? hint = null, CancellationToken cancellationToken = default) =>
        NextAsync<T>(duration, (_, _) => { }, hint, cancellationToken);

    public T ExpectMsg<T>(T message, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Wait(ExpectMsgAsync(message, timeout, hint, cancellationToken));

    public ValueTask<T> ExpectMsgAsync<T>(
        T message, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        NextAsync<T>(timeout, (m, _) => Assertions.AssertEqual(message, m, hint), hint, cancellationToken);

    public T ExpectMsg<T>(
        Predicate<T> isMessage, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Wait(ExpectMsgAsync(isMessage, timeout, hint, cancellationToken));

    public ValueTask<T> ExpectMsgAsync<T>(
        Predicate<T> isMessage, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        NextAsync<T>(timeout, (m, _) => Matches(isMessage(m), m, hint), hint, cancellationToken);

    public T ExpectMsgFrom<T>(
        IActorRef sender, T message, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Wait(ExpectMsgFromAsync(sender, message, timeout, hint, cancellationToken));

    public ValueTask<T> ExpectMsgFromAsync<T>(
        IActorRef sender, T message, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        NextAsync<T>(
            timeout,
            (m, from) =>
            {
                From(sender, from, hint);
                Assertions.AssertEqual(message, m, hint);
            },
            hint,
            cancellationToken);

    public Terminated ExpectTerminated(
        IActorRef target, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Wait(ExpectTerminatedAsync(target, timeout, hint, cancellationToken));

    public ValueTask<Terminated> ExpectTerminatedAsync(
        IActorRef target, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        NextAsync<Terminated>(
            timeout,
            (m, _) => Assertions.AssertEqual(target, m.ActorRef, $"Terminated {target}. {hint}"),
            $"Terminated {target}. {hint}",
            cancellationToken);

    public void ExpectNoMsg(CancellationToken cancellationToken = default) =>
        Wait(NoneAsync(RemainingOrDefault, cancellationToken).AsTask());

    public void ExpectNoMsg(TimeSpan duration, CancellationToken cancellationToken = default) =>
        Wait(ExpectNoMsgAsync(duration, cancellationToken).AsTask());

    public ValueTask ExpectNoMsgAsync(TimeSpan duration, CancellationToken cancellationToken = default) =>
        NoneAsync(Dilated(duration), cancellationToken);

    public void ExpectNoMsg(int milliseconds, CancellationToken cancellationToken = default) =>
        Wait(ExpectNoMsgAsync(milliseconds, cancellationToken).AsTask());

    public ValueTask ExpectNoMsgAsync(int milliseconds, CancellationToken cancellationToken = default) =>
        NoneAsync(TimeSpan.FromMilliseconds(milliseconds), cancellationToken);

    public IReadOnlyCollection<T> ExpectMsgAllOf<T>(params T[] messages) => Wait(AllOfAsync(RemainingOrDefault, messages));

    async ValueTask<T> NextAsync<T>(TimeSpan? max, Action<T, IActorRef> assert, string? hint, CancellationToken cancellationToken)
    {
        var limit = RemainingOrDilated(max);
        var received = await TakeAsync(limit, cancellationToken).ConfigureAwait(false);
        if (received is null)
        {
            Assertions.Fail("Failed: Timeout {0} while waiting for a message of type {1} {2}", limit, typeof(T), hint ?? "");
        }
        if (received!.Message is not T message)
        {
            Assertions.Fail(
                "Failed: Expected a message of type {0}, but received {{{1}}} (type {2}) instead {3} from {4}",
                typeof(T), received.Message, received.Message.GetType(), hint ?? "", received.Sender);
            return default!;
        }
        assert(message, received.Sender);
        return message;
    }

    async ValueTask NoneAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        var received = await TakeAsync(duration, cancellationToken).ConfigureAwait(false);
        if (received is not null)
        {
            Assertions.Fail(
                "Failed: Expected no messages during {0}, instead we received {1} from {2}", duration, received.Message, received.Sender);
        }
        _lastWasNoMsg = true;
    }

    async Task<IReadOnlyCollection<T>> AllOfAsync<T>(TimeSpan max, T[] expected)
    {
        var received = await ReceiveAsync(expected.Length, max, default).ConfigureAwait(false);
        var missing = expected.Where(e => !received.Contains(e!)).ToArray();
        var unexpected = received.Where(r => r is not T typed || !expected.Contains(typed)).ToArray();
        if (missing.Length > 0 || unexpected.Length > 0)
        {
            Assertions.Fail("Failed: not found {0}, found unexpected {1}", string.Join(", ", missing), string.Join(", ", unexpected));
        }
        return received.Cast<T>().ToArray();
    }

    void Matches<T>(bool matches, T message, string? hint) => Assertions.AssertTrue(
        matches, "Got a message of the expected type <{0}>, but {{{1}}} did not match {2}", typeof(T), message!, hint ?? "the predicate");

    void From(IActorRef expected, IActorRef actual, string? hint) =>
        Assertions.AssertEqual(expected, actual, $"Sender does not match. {hint}");
}
