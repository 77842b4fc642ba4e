using System.Text.RegularExpressions;
using Akka.Actor;
using Akka.Event;

namespace Akka.TestKit;

/// <summary>Filters of what a system logs: how often something is logged while a block runs.</summary>
public class EventFilterFactory
{
    readonly TestKitBase _testKit;
    readonly ActorSystem _system;
    readonly Func<object, bool> _alsoMatches;

    public EventFilterFactory(TestKitBase testkit, ActorSystem system) : this(testkit, system, _ => false) { }

    internal EventFilterFactory(TestKitBase testKit, ActorSystem system, Func<object, bool> alsoMatches)
    {
        _testKit = testKit;
        _system = system;
        _alsoMatches = alsoMatches;
    }

    public IEventFilterApplier Info(string? message = null, string? start = null, string? contains = null, string? source = null) =>
        ForLogLevel(LogLevel.InfoLevel, message, start, contains, source);

    public IEventFilterApplier Warning(string? message = null, string? start = null, string? contains = null, string? source = null) =>
        ForLogLevel(LogLevel.WarningLevel, message, start, contains, source);

    public IEventFilterApplier Error(string? message = null, string? start = null, string? contains = null, string? source = null) =>
        ForLogLevel(LogLevel.ErrorLevel, message, start, contains, source);

    public IEventFilterApplier ForLogLevel(
        LogLevel logLevel, string? message = null, string? start = null, string? contains = null, string? source = null)
    {
        var matches = TextMatcher(message, start, contains);
        return Custom(e => e.LogLevel() == logLevel && From(e, source) && matches(e.Message.ToString()!));
    }

    public IEventFilterApplier Exception<TException>(
        string? message = null, string? start = null, string? contains = null, string? source = null)
        where TException : Exception => Caused<TException>(TextMatcher(message, start, contains), source);

    public IEventFilterApplier Custom(Predicate<LogEvent> predicate) => Applier(o => o is LogEvent e && predicate(e));

    IEventFilterApplier Caused<TException>(Func<string, bool> matches, string? source) => Custom(
        e => e is Error { Cause: TException } && From(e, source) && (matches(e.Message.ToString()!) || matches(e.Cause!.Message)));

    EventFilterApplier Applier(Func<object, bool> matches) => new(_testKit, _system, e => matches(e) || _alsoMatches(e));
    static bool From(LogEvent e, string? source) => source is null || e.LogSource == source;

    static Func<string, bool> TextMatcher(string? message, string? start, string? contains)
    {
        if (message is not null) return text => text == message;
        if (start is not null) return text => text.StartsWith(start, StringComparison.Ordinal);
        if (contains is not null) return text => text.Contains(contains, StringComparison.Ordinal);
        return _ => true;
    }
}

public interface IEventFilterApplier
{
    void Expect(int expectedCount, Action action, CancellationToken cancellationToken = default);
    void ExpectOne(Action action, CancellationToken cancellationToken = default);
    void ExpectOne(TimeSpan timeout, Action action, CancellationToken cancellationToken = default);
    Task ExpectOneAsync(Func<Task> actionAsync, CancellationToken cancellationToken = default);
    Task ExpectOneAsync(TimeSpan timeout, Func<Task> actionAsync, CancellationToken cancellationToken = default);
}

internal sealed class EventFilterApplier(TestKitBase testKit, ActorSystem system, Func<object, bool> matches) : IEventFilterApplier
{
    public void Expect(int expectedCount, Action action, CancellationToken cancellationToken = default) =>
        Run(expectedCount, null, AsTask(action), cancellationToken).GetAwaiter().GetResult();

    public void Expect(int expectedCount, TimeSpan timeout, Action action, CancellationToken cancellationToken = default) =>
        Run(expectedCount, timeout, AsTask(action), cancellationToken).GetAwaiter().GetResult();

    public void ExpectOne(Action action, CancellationToken cancellationToken = default) => Expect(1, action, cancellationToken);
    public void ExpectOne(TimeSpan timeout, Action action, CancellationToken cancellationToken = default) =>
        Expect(1, timeout, action, cancellationToken);

    public T ExpectOne<T>(Func<T> func, CancellationToken cancellationToken = default)
    {
        var result = default(T)!;
        Expect(1, () => { result = func(); }, cancellationToken);
        return result;
    }

    public Task ExpectOneAsync(Action action, CancellationToken cancellationToken = default) =>
        Run(1, null, AsTask(action), cancellationToken);
    public Task ExpectOneAsync(Func<Task> actionAsync, CancellationToken cancellationToken = default) =>
        Run(1, null, actionAsync, cancellationToken);

    public Task ExpectOneAsync(TimeSpan timeout, Func<Task> actionAsync, CancellationToken cancellationToken = default) =>
        Run(1, timeout, actionAsync, cancellationToken);

    async Task Run(int expected, TimeSpan? timeout, Func<Task> action, CancellationToken cancellationToken)
    {
        var seen = 0;
        var counter = new SynchronousRef(system, "event-filter", e =>
        {
            if (matches(e)) Interlocked.Increment(ref seen);
        });
        system.EventStream.Subscribe<LogEvent>(counter);
        system.EventStream.Subscribe<DeadLetter>(counter);
        try
        {
            await action();
            var limit = testKit.Dilated(timeout ?? testKit.TestKitSettings.TestEventFilterLeeway);
            var enough = expected > 0 ? expected : 1;
            await testKit.AwaitConditionNoThrowAsync(
                () => Task.FromResult(Volatile.Read(ref seen) >= enough), limit, TimeSpan.FromMilliseconds(10), cancellationToken);
            if (seen < expected) Xunit.Assert.Fail($"Timeout ({limit}): only {seen} of {expected} messages matched the filter");
            if (seen > expected) Xunit.Assert.Fail($"{seen} messages matched the filter, but {expected} were expected");
        }
        finally
        {
            system.EventStream.Unsubscribe(counter);
        }
    }

    static Func<Task> AsTask(Action action) => () =>
    {
        action();
        return Task.CompletedTask;
    };
}
