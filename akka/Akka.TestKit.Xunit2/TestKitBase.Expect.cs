using System.Runtime.CompilerServices;
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
        NextAsync<T>(timeout, (m, _) => _assertions.AssertEqual(message, m, hint ?? ""), hint, cancellationToken);

    public T ExpectMsg<T>(
        T expected, Func<T, T, bool> comparer, TimeSpan? timeout = null, string? hint = null,
        CancellationToken cancellationToken = default) =>
        Wait(ExpectMsgAsync(expected, comparer, timeout, hint, cancellationToken));

    public ValueTask<T> ExpectMsgAsync<T>(
        T expected, Func<T, T, bool> comparer, TimeSpan? timeout = null, string? hint = null,
        CancellationToken cancellationToken = default) =>
        NextAsync<T>(timeout, (m, _) => _assertions.AssertEqual(expected, m, comparer, hint ?? ""), hint, cancellationToken);

    public T ExpectMsg<T>(
        Predicate<T> isMessage, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Wait(ExpectMsgAsync(isMessage, timeout, hint, cancellationToken));

    public ValueTask<T> ExpectMsgAsync<T>(
        Predicate<T> isMessage, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        NextAsync<T>(timeout, (m, _) => Matches(isMessage(m), m, hint), hint, cancellationToken);

    public T ExpectMsg<T>(Action<T> assert, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Wait(ExpectMsgAsync(assert, timeout, hint, cancellationToken));

    public ValueTask<T> ExpectMsgAsync<T>(
        Action<T> assert, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        NextAsync<T>(timeout, (m, _) => assert(m), hint, cancellationToken);

    public T ExpectMsg<T>(
        Func<T, IActorRef, bool> isMessageAndSender, TimeSpan? timeout = null, string? hint = null,
        CancellationToken cancellationToken = default) =>
        Wait(NextAsync<T>(timeout, (m, sender) => Matches(isMessageAndSender(m, sender), m, hint), hint, cancellationToken));

    public T ExpectMsg<T>(
        Action<T, IActorRef> assertMessageAndSender, TimeSpan? timeout = null, string? hint = null,
        CancellationToken cancellationToken = default) =>
        Wait(NextAsync(timeout, assertMessageAndSender, hint, cancellationToken));

    public T ExpectMsgFrom<T>(
        IActorRef sender, TimeSpan? duration = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Wait(ExpectMsgFromAsync<T>(sender, duration, hint, cancellationToken));

    public ValueTask<T> ExpectMsgFromAsync<T>(
        IActorRef sender, TimeSpan? duration = null, string? hint = null, CancellationToken cancellationToken = default) =>
        NextAsync<T>(duration, (_, from) => From(sender, from, hint), hint, cancellationToken);

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
                _assertions.AssertEqual(message, m, hint ?? "");
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
            (m, _) => _assertions.AssertEqual(target, m.ActorRef, $"Terminated {target}. {hint}"),
            $"Terminated {target}. {hint}",
            cancellationToken);

    public void ExpectNoMsg(CancellationToken cancellationToken = default) => Wait(ExpectNoMsgAsync(cancellationToken).AsTask());
    public ValueTask ExpectNoMsgAsync(CancellationToken cancellationToken = default) => NoneAsync(RemainingOrDefault, cancellationToken);
    public void ExpectNoMsg(TimeSpan duration, CancellationToken cancellationToken = default) =>
        Wait(ExpectNoMsgAsync(duration, cancellationToken).AsTask());
    public ValueTask ExpectNoMsgAsync(TimeSpan duration, CancellationToken cancellationToken = default) =>
        NoneAsync(Dilated(duration), cancellationToken);

    public void ExpectNoMsg(int milliseconds, CancellationToken cancellationToken = default) =>
        Wait(ExpectNoMsgAsync(milliseconds, cancellationToken).AsTask());

    public ValueTask ExpectNoMsgAsync(int milliseconds, CancellationToken cancellationToken = default) =>
        NoneAsync(TimeSpan.FromMilliseconds(milliseconds), cancellationToken);

    public IReadOnlyCollection<T> ExpectMsgAllOf<T>(params T[] messages) => Wait(AllOfAsync(RemainingOrDefault, messages, default));

    public IReadOnlyCollection<T> ExpectMsgAllOf<T>(IReadOnlyCollection<T> messages, CancellationToken cancellationToken = default) =>
        Wait(AllOfAsync(RemainingOrDefault, messages, cancellationToken));

    public IReadOnlyCollection<T> ExpectMsgAllOf<T>(TimeSpan max, params T[] messages) => Wait(AllOfAsync(Dilated(max), messages, default));

    public async IAsyncEnumerable<T> ExpectMsgAllOfAsync<T>(
        IReadOnlyCollection<T> messages, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var received = await AllOfAsync(RemainingOrDefault, messages, cancellationToken).ConfigureAwait(false);
        foreach (var message in received) yield return message;
    }

    async ValueTask<T> NextAsync<T>(TimeSpan? max, Action<T, IActorRef> assert, string? hint, CancellationToken cancellationToken)
    {
        var limit = RemainingOrDilated(max);
        var received = await TakeAsync(limit, cancellationToken).ConfigureAwait(false);
        if (received is null)
        {
            _assertions.Fail("Failed: Timeout {0} while waiting for a message of type {1} {2}", limit, typeof(T), hint ?? "");
        }
        if (received!.Message is not T message)
        {
            _assertions.Fail(
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
            _assertions.Fail(
                "Failed: Expected no messages during {0}, instead we received {1} from {2}", duration, received.Message, received.Sender);
        }
        _lastWasNoMsg = true;
    }

    async Task<IReadOnlyCollection<T>> AllOfAsync<T>(TimeSpan max, IReadOnlyCollection<T> expected, CancellationToken cancellationToken)
    {
        var received = await ReceiveAsync(expected.Count, max, cancellationToken).ConfigureAwait(false);
        var missing = expected.Where(e => !received.Contains(e!)).ToArray();
        var unexpected = received.Where(r => r is not T typed || !expected.Contains(typed)).ToArray();
        if (missing.Length > 0 || unexpected.Length > 0)
        {
            _assertions.Fail("Failed: not found {0}, found unexpected {1}", string.Join(", ", missing), string.Join(", ", unexpected));
        }
        return received.Cast<T>().ToArray();
    }

    void Matches<T>(bool matches, T message, string? hint) => _assertions.AssertTrue(
        matches, "Got a message of the expected type <{0}>, but {{{1}}} did not match {2}", typeof(T), message!, hint ?? "the predicate");

    void From(IActorRef expected, IActorRef actual, string? hint) =>
        _assertions.AssertEqual(expected, actual, $"Sender does not match. {hint}");
}
