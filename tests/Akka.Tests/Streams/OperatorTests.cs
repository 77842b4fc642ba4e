using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.TestKit;
using Akka.Util;
using Shouldly;
using Xunit;

namespace Akka.Tests.Streams;

/// <summary>What every operator owes: completion, failure and cancellation reach the other side.</summary>
public sealed class OperatorTests : StreamTest
{
    static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    static readonly Dictionary<string, Flow<int, int, NotUsed>> All = new()
    {
        ["Select"] = Flow.Create<int>().Select(n => n),
        ["SelectMany"] = Flow.Create<int>().SelectMany(n => Enumerable.Repeat(n, 2)),
        ["SelectAsync"] = Flow.Create<int>().SelectAsync(4, Task.FromResult),
        ["SelectAsyncUnordered"] = Flow.Create<int>().SelectAsyncUnordered(4, Task.FromResult),
        ["Where"] = Flow.Create<int>().Where(n => n % 2 == 0),
        ["Collect"] = Flow.Create<int>().Collect(n => n > 0, n => n),
        ["Take"] = Flow.Create<int>().Take(1000),
        ["TakeWhile"] = Flow.Create<int>().TakeWhile(n => n < 1000),
        ["Skip"] = Flow.Create<int>().Skip(1),
        ["Scan"] = Flow.Create<int>().Scan(0, (sum, n) => sum + n),
        ["Aggregate"] = Flow.Create<int>().Aggregate(0, (sum, n) => sum + n),
        ["Grouped"] = Flow.Create<int>().Grouped(3).Select(group => group.Count()),
        ["GroupedWithin"] = Flow.Create<int>().GroupedWithin(3, Long).Select(group => group.Count()),
        ["GroupedWeightedWithin"] = Flow.Create<int>().GroupedWeightedWithin(3, 3, Long, _ => 1).Select(group => group.Count()),
        ["Throttle"] = Flow.Create<int>().Throttle(1_000_000, TimeSpan.FromSeconds(1), 1000, ThrottleMode.Shaping),
        ["Buffer"] = Flow.Create<int>().Buffer(4, OverflowStrategy.Backpressure),
        ["Batch"] = Flow.Create<int>().Batch(4, n => n, (sum, n) => sum + n),
        ["Conflate"] = Flow.Create<int>().Conflate((sum, n) => sum + n),
        ["SelectError"] = Flow.Create<int>().SelectError(e => e),
        ["IdleTimeout"] = Flow.Create<int>().IdleTimeout(Long),
        ["InitialTimeout"] = Flow.Create<int>().InitialTimeout(Long),
        ["CompletionTimeout"] = Flow.Create<int>().CompletionTimeout(Long),
        ["MergeMany"] = Flow.Create<int>().MergeMany(4, n => Source.Single(n)),
        ["ConcatMany"] = Flow.Create<int>().ConcatMany(n => Source.Single(n)),
        ["AlsoTo"] = Flow.Create<int>().AlsoTo(Sink.Ignore<int>().MapMaterializedValue(_ => NotUsed.Instance), true),
        ["Concat"] = Flow.Create<int>().Concat(Source.Empty<int>()),
        ["Merge"] = Flow.Create<int>().Merge(Source.Empty<int>()),
        ["KillSwitch"] = Flow.Create<int>().Via(KillSwitches.Single<int>()),
        ["WatchTermination"] = Flow.Create<int>().WatchTermination(Keep.Left),
        ["Named"] = Flow.Create<int>().Select(n => n).Named("named").Async(),
        ["RestartFlow"] = RestartFlow.OnFailuresWithBackoff(
            () => Flow.Create<int>(), RestartSettings.Create(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), 0)),
    };

    public static TheoryData<string> Names => [.. All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Completion_goes_downstream(string name)
    {
        var ended = Source.From(Enumerable.Range(1, 20)).Via(All[name]).RunWith(Sink.Ignore<int>(), Materializer);

        await ended.WaitAsync(Patience);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Completion_without_an_element_goes_downstream(string name)
    {
        var ended = Source.Empty<int>().Via(All[name]).RunWith(Sink.Ignore<int>(), Materializer);

        await ended.WaitAsync(Patience);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Failure_goes_downstream(string name)
    {
        var failure = new TestException("upstream broke");
        var (source, sink) = this.SourceProbe<int>().Via(All[name]).ToMaterialized(this.SinkProbe<int>(), Keep.Both).Run(Materializer);
        await sink.EnsureSubscriptionAsync();

        await source.SendErrorAsync(failure);

        (await sink.ExpectErrorAsync()).ShouldBe(failure);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Cancellation_goes_upstream(string name)
    {
        var (source, sink) = this.SourceProbe<int>().Via(All[name]).ToMaterialized(this.SinkProbe<int>(), Keep.Both).Run(Materializer);

        await sink.CancelAsync();

        await source.ExpectCancellationAsync();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Without_demand_nothing_comes_out(string name)
    {
        var (source, sink) = this.SourceProbe<int>().Via(All[name]).ToMaterialized(this.SinkProbe<int>(), Keep.Both).Run(Materializer);
        await sink.EnsureSubscriptionAsync();

        await source.SendNextAsync(1);
        await source.SendNextAsync(2);

        await sink.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public async Task Operators_do_what_their_names_say()
    {
        var ten = Source.From(Enumerable.Range(1, 10));

        (await Seq(ten.Where(n => n % 2 == 0))).ShouldBe([2, 4, 6, 8, 10]);
        (await Seq(ten.Collect(n => n > 8, n => $"#{n}"))).ShouldBe(["#9", "#10"]);
        (await Seq(ten.Take(3))).ShouldBe([1, 2, 3]);
        (await Seq(ten.TakeWhile(n => n < 3))).ShouldBe([1, 2]);
        (await Seq(ten.TakeWhile(n => n < 3, true))).ShouldBe([1, 2, 3]);
        (await Seq(ten.Skip(8))).ShouldBe([9, 10]);
        (await Seq(ten.Scan(0, (sum, n) => sum + n).Take(4))).ShouldBe([0, 1, 3, 6]);
        (await Seq(ten.Aggregate(0, (sum, n) => sum + n))).ShouldBe([55]);
        (await Seq(ten.Grouped(4).Select(group => string.Join("", group)))).ShouldBe(["1234", "5678", "910"]);
        (await Seq(ten.SelectMany(n => Enumerable.Repeat(n, n % 3)))).ShouldBe([1, 2, 2, 4, 5, 5, 7, 8, 8, 10]);
        (await Seq(ten.Take(2).Concat(ten.Skip(8)))).ShouldBe([1, 2, 9, 10]);
        (await Seq(ten.Take(2).Merge(ten.Skip(8)))).ShouldBe([1, 2, 9, 10], ignoreOrder: true);
    }

    [Fact]
    public async Task Recover_gives_a_last_element_for_a_failure() =>
        (await Seq(Failing(3).Recover(e => e.Message == "3" ? Option<int>.Create(-1) : Option<int>.None))).ShouldBe([1, 2, -1]);

    [Fact]
    public async Task Recover_that_knows_no_element_lets_the_failure_pass() =>
        await Seq(Failing(3).Recover(_ => Option<int>.None)).ShouldThrowAsync<TestException>();

    [Fact]
    public async Task SelectError_gives_a_failure_another_face() =>
        (await Seq(Failing(3).SelectError(e => new InvalidDataException("so: " + e.Message))).ShouldThrowAsync<InvalidDataException>())
        .Message.ShouldBe("so: 3");

    [Fact]
    public async Task A_stream_that_idles_too_long_fails()
    {
        var idle = Source.Never<int>().IdleTimeout(TimeSpan.FromMilliseconds(50)).RunWith(Sink.Ignore<int>(), Materializer);

        await idle.ShouldThrowAsync<TimeoutException>();
    }

    [Fact]
    public async Task Last_and_first_of_nothing_fail_and_their_defaults_do_not()
    {
        var empty = Source.Empty<string>();

        await empty.RunWith(Sink.First<string>(), Materializer).ShouldThrowAsync<NoSuchElementException>();
        await empty.RunWith(Sink.Last<string>(), Materializer).ShouldThrowAsync<NoSuchElementException>();
        (await empty.RunWith(Sink.FirstOrDefault<string>(), Materializer)).ShouldBeNull();
        (await Source.From(["a", "b"]).RunWith(Sink.Last<string>(), Materializer)).ShouldBe("b");
        (await Source.From(["a", "b"]).RunWith(Sink.First<string>(), Materializer)).ShouldBe("a");
    }

    Task<System.Collections.Immutable.IImmutableList<T>> Seq<T>(Source<T, NotUsed> source) => source.RunWith(Sink.Seq<T>(), Materializer);

    static Source<int, NotUsed> Failing(int at) =>
        Source.From(Enumerable.Range(1, 10)).Select(n => n == at ? throw new TestException($"{n}") : n);
}
