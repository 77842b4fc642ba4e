using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.Supervision;
using Akka.Streams.TestKit;
using Shouldly;
using Xunit;
using Directive = Akka.Streams.Supervision.Directive;

namespace Akka.Tests.Streams;

/// <summary>How streams end from outside: kill switches, termination, queues, shutdown.</summary>
public sealed class LifeTests : StreamTest
{
    [Fact]
    public async Task A_kill_switch_completes_downstream_and_cancels_upstream()
    {
        var ((source, killSwitch), sink) = this.SourceProbe<int>().ViaMaterialized(KillSwitches.Single<int>(), Keep.Both)
            .ToMaterialized(this.SinkProbe<int>(), Keep.Both).Run(Materializer);
        await sink.RequestAsync(1);
        await source.SendNextAsync(1);
        await sink.ExpectNextAsync(1);

        killSwitch.Shutdown();

        await source.ExpectCancellationAsync();
        await sink.ExpectCompleteAsync();
    }

    [Fact]
    public async Task A_kill_switch_that_aborts_fails_downstream_and_cancels_upstream()
    {
        var ((source, killSwitch), sink) = this.SourceProbe<int>().ViaMaterialized(KillSwitches.Single<int>(), Keep.Both)
            .ToMaterialized(this.SinkProbe<int>(), Keep.Both).Run(Materializer);
        await sink.EnsureSubscriptionAsync();

        killSwitch.Abort(new TestException("stop"));

        await source.ExpectCancellationAsync();
        (await sink.ExpectErrorAsync()).GetBaseException().ShouldBeOfType<TestException>();
    }

    [Fact]
    public async Task A_shared_kill_switch_stops_all_its_streams_and_those_to_come()
    {
        var killSwitch = KillSwitches.Shared("all");
        var running = Enumerable.Range(0, 3)
            .Select(_ => Source.Never<int>().Via(killSwitch.Flow<int>()).RunWith(Sink.Ignore<int>(), Materializer)).ToArray();

        killSwitch.Shutdown();

        await Task.WhenAll(running).WaitAsync(Patience);
        await Source.Never<int>().Via(killSwitch.Flow<int>()).RunWith(Sink.Ignore<int>(), Materializer).WaitAsync(Patience);
    }

    [Fact]
    public async Task A_shared_kill_switch_that_aborts_fails_all_its_streams()
    {
        var killSwitch = KillSwitches.Shared("all");
        var running = Enumerable.Range(0, 3)
            .Select(_ => Source.Never<int>().Via(killSwitch.Flow<int>()).RunWith(Sink.Ignore<int>(), Materializer)).ToArray();

        killSwitch.Abort(new TestException("all of you"));

        foreach (var stream in running)
            (await Record.ExceptionAsync(() => stream.WaitAsync(Patience)))!.GetBaseException().ShouldBeOfType<TestException>();
    }

    [Fact]
    public async Task Termination_is_told_however_it_comes()
    {
        await Watched(Source.Single(1)).To(Sink.Ignore<int>()).Run(Materializer).WaitAsync(Patience);
        await Watched(Source.Never<int>()).To(Sink.Cancelled<int>()).Run(Materializer).WaitAsync(Patience);
        await Watched(Source.Failed<int>(new TestException("no"))).To(Sink.Ignore<int>()).Run(Materializer)
            .ShouldThrowAsync<TestException>();
        await Watched(Source.Single(1).Concat(Source.Never<int>()))
            .Select(n => n == 1 ? throw new TestException("downstream") : n).To(Sink.Ignore<int>()).Run(Materializer)
            .ShouldThrowAsync<TestException>();

        static Source<int, Task<Done>> Watched(Source<int, NotUsed> source) => source.WatchTermination(Keep.Right);
    }

    [Fact]
    public async Task A_materializer_that_is_shut_down_ends_its_streams_abruptly()
    {
        var materializer = ActorMaterializer.Create(Sys);
        var sink = Source.Never<int>().RunWith(this.SinkProbe<int>(), materializer);
        var watched = Source.Never<int>().WatchTermination(Keep.Right).To(Sink.Ignore<int>()).Run(materializer);
        await sink.EnsureSubscriptionAsync();

        materializer.Shutdown();

        (await sink.ExpectErrorAsync()).ShouldBeOfType<AbruptTerminationException>();
        await watched.ShouldThrowAsync<AbruptStageTerminationException>();
        materializer.IsShutdown.ShouldBeTrue();
        Should.Throw<Akka.Pattern.IllegalStateException>(() => Source.Single(1).RunWith(Sink.Ignore<int>(), materializer));
    }

    [Fact]
    public async Task Streams_end_with_their_system()
    {
        var watched = Source.Never<int>().WatchTermination(Keep.Right).To(Sink.Ignore<int>()).Run(Materializer);

        await Sys.Terminate();

        await watched.WaitAsync(Patience).ShouldThrowAsync<AbruptStageTerminationException>();
    }

    [Fact]
    public async Task Streams_of_an_actor_end_with_it()
    {
        var actor = Sys.ActorOf(Props.Create<Streaming>());
        var watched = await actor.Ask<Task<Done>>("run", Patience);
        watched.IsCompleted.ShouldBeFalse();

        Sys.Stop(actor);

        await watched.WaitAsync(Patience).ShouldThrowAsync<AbruptStageTerminationException>();
    }

    sealed class Streaming : ReceiveActor
    {
        public Streaming() => ReceiveAny(_ =>
            Sender.Tell(Source.Never<int>().WatchTermination(Keep.Right).To(Sink.Ignore<int>()).Run(Context.Materializer())));
    }

    [Fact]
    public async Task Offers_to_a_queue_are_answered()
    {
        var (queue, sink) = Source.Queue<int>(1, OverflowStrategy.DropNew).ToMaterialized(this.SinkProbe<int>(), Keep.Both)
            .Run(Materializer);
        await sink.EnsureSubscriptionAsync();

        (await queue.OfferAsync(1)).ShouldBeOfType<QueueOfferResult.Enqueued>();
        (await queue.OfferAsync(2)).ShouldBeOfType<QueueOfferResult.Dropped>();
        await sink.RequestNextAsync(1);
        queue.Complete();

        await sink.ExpectCompleteAsync();
        await queue.WatchCompletionAsync().WaitAsync(Patience);
        await queue.OfferAsync(3).ShouldThrowAsync<StreamDetachedException>();
    }

    [Fact]
    public async Task An_offer_to_a_full_queue_waits_for_room()
    {
        var (queue, sink) = Source.Queue<int>(1, OverflowStrategy.Backpressure).ToMaterialized(this.SinkProbe<int>(), Keep.Both)
            .Run(Materializer);
        await sink.EnsureSubscriptionAsync();
        (await queue.OfferAsync(1)).ShouldBeOfType<QueueOfferResult.Enqueued>();

        var waiting = queue.OfferAsync(2);
        await queue.OfferAsync(3).ShouldThrowAsync<Akka.Pattern.IllegalStateException>();
        waiting.IsCompleted.ShouldBeFalse();
        await sink.RequestNextAsync(1);

        (await waiting.WaitAsync(Patience)).ShouldBeOfType<QueueOfferResult.Enqueued>();
        queue.Complete();
        await sink.RequestNextAsync(2);
        await sink.ExpectCompleteAsync();
    }

    [Fact]
    public async Task A_waiting_offer_hears_that_the_queue_was_closed()
    {
        var (queue, sink) = Source.Queue<int>(0, OverflowStrategy.Backpressure).ToMaterialized(this.SinkProbe<int>(), Keep.Both)
            .Run(Materializer);
        var waiting = queue.OfferAsync(1);

        await sink.CancelAsync();

        (await waiting.WaitAsync(Patience)).ShouldBeOfType<QueueOfferResult.QueueClosed>();
        await queue.WatchCompletionAsync().WaitAsync(Patience);
    }

    [Fact]
    public async Task A_queue_that_may_not_overflow_fails()
    {
        var (queue, sink) = Source.Queue<int>(1, OverflowStrategy.Fail).ToMaterialized(this.SinkProbe<int>(), Keep.Both).Run(Materializer);
        await sink.EnsureSubscriptionAsync();
        await queue.OfferAsync(1);

        (await queue.OfferAsync(2)).ShouldBeOfType<QueueOfferResult.Failure>().Cause.ShouldBeOfType<BufferOverflowException>();

        (await sink.ExpectErrorAsync()).ShouldBeOfType<BufferOverflowException>();
        await queue.WatchCompletionAsync().ShouldThrowAsync<BufferOverflowException>();
    }

    [Fact]
    public async Task A_queue_may_be_failed()
    {
        var (queue, sink) = Source.Queue<int>(1, OverflowStrategy.Backpressure).ToMaterialized(this.SinkProbe<int>(), Keep.Both)
            .Run(Materializer);
        await sink.EnsureSubscriptionAsync();

        queue.Fail(new TestException("no more"));

        (await sink.ExpectErrorAsync()).ShouldBeOfType<TestException>();
        await queue.WatchCompletionAsync().ShouldThrowAsync<TestException>();
    }

    [Theory]
    [InlineData(Directive.Resume, new[] { 0, 1, 3, 7, 12 })]
    [InlineData(Directive.Restart, new[] { 0, 1, 3, 0, 4, 9 })]
    public async Task What_happens_to_an_element_that_breaks_is_decided(Directive directive, int[] seen)
    {
        var sums = Source.From(Enumerable.Range(1, 5)).Scan(0, (sum, n) => n == 3 ? throw new TestException("three") : sum + n)
            .WithAttributes(ActorAttributes.CreateSupervisionStrategy(_ => directive));

        (await sums.RunWith(Sink.Seq<int>(), Materializer)).ShouldBe(seen);
    }

    [Fact]
    public async Task The_nearest_strategy_counts()
    {
        var settings = ActorMaterializerSettings.Create(Sys).WithSupervisionStrategy(Deciders.ResumingDecider);
        var materializer = ActorMaterializer.Create(Sys, settings);
        var source = Source.From(Enumerable.Range(1, 3)).Select(n => n == 2 ? throw new TestException("two") : n);

        (await source.RunWith(Sink.Seq<int>(), materializer)).ShouldBe([1, 3]);
        await source.WithAttributes(ActorAttributes.CreateSupervisionStrategy(Deciders.StoppingDecider))
            .RunWith(Sink.Seq<int>(), materializer)
            .ShouldThrowAsync<TestException>();
    }
}
