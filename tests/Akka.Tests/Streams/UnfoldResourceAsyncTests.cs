using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Util;
using Shouldly;
using Xunit;
using Directive = Akka.Streams.Supervision.Directive;

namespace Akka.Tests.Streams;

public sealed class UnfoldResourceAsyncTests : IAsyncLifetime
{
    readonly ActorSystem _system = ActorSystem.Create("unfold-resource-async");

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _system.Terminate();

    [Fact]
    public async Task A_source_on_a_resource_reads_until_there_is_no_more_and_closes_before_it_completes()
    {
        var resource = new Resource(3);

        var read = await Source.UnfoldResourceAsync<int, Resource>(() => Task.FromResult(resource), r => r.ReadAsync(), r => r.CloseAsync())
            .RunWith(Sink.Seq<int>(), _system.Materializer());

        read.ShouldBe([1, 2, 3]);
        resource.Closed.Task.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public async Task It_opens_and_closes_a_resource_of_its_own_for_each_materialization()
    {
        var opened = new List<Resource>();
        var source = Source.UnfoldResourceAsync<int, Resource>(
            () =>
            {
                opened.Add(new Resource(2));
                return Task.FromResult(opened[^1]);
            },
            r => r.ReadAsync(),
            r => r.CloseAsync());

        (await source.RunWith(Sink.Seq<int>(), _system.Materializer())).ShouldBe([1, 2]);
        (await source.RunWith(Sink.Seq<int>(), _system.Materializer())).ShouldBe([1, 2]);

        opened.Count.ShouldBe(2);
        await Task.WhenAll(opened.Select(resource => resource.Closed.Task)).WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task It_closes_when_it_is_cancelled_while_a_read_is_under_way()
    {
        var resource = new Resource(1) { EndsNever = true };
        var (stop, first) = Source.UnfoldResourceAsync<int, Resource>(() => Task.FromResult(resource), r => r.ReadAsync(), r => r.CloseAsync())
            .ViaMaterialized(KillSwitches.Single<int>(), Keep.Right)
            .ToMaterialized(Sink.Seq<int>(), Keep.Both)
            .Run(_system.Materializer());
        await resource.Waiting.Task.WaitAsync(TimeSpan.FromSeconds(10));

        stop.Shutdown();

        (await first.WaitAsync(TimeSpan.FromSeconds(10))).ShouldBe([1]);
        await resource.Closed.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task It_fails_when_a_read_fails_and_closes()
    {
        var resource = new Resource(3) { FailsAt = 2 };

        var done = Source.UnfoldResourceAsync<int, Resource>(() => Task.FromResult(resource), r => r.ReadAsync(), r => r.CloseAsync())
            .RunWith(Sink.Ignore<int>(), _system.Materializer());

        (await Record.ExceptionAsync(() => done)).ShouldBeOfType<InvalidDataException>();
        await resource.Closed.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task It_fails_when_the_resource_cannot_be_opened()
    {
        var done = Source.UnfoldResourceAsync<int, Resource>(
                () => Task.FromException<Resource>(new InvalidDataException()), r => r.ReadAsync(), r => r.CloseAsync())
            .RunWith(Sink.Ignore<int>(), _system.Materializer());

        (await Record.ExceptionAsync(() => done)).ShouldBeOfType<InvalidDataException>();
    }

    [Theory]
    [InlineData(Directive.Resume, new[] { 1, 3 }, 1)]
    [InlineData(Directive.Restart, new[] { 1, 1, 2 }, 2)]
    public async Task A_decider_says_whether_it_reads_on_or_opens_anew(Directive directive, int[] expected, int expectedOpened)
    {
        var opened = 0;

        var read = await Source.UnfoldResourceAsync<int, Resource>(
                () => Task.FromResult(new Resource(opened++ == 0 ? 3 : 2) { FailsAt = opened == 1 ? 2 : 0 }), r => r.ReadAsync(), r => r.CloseAsync())
            .WithAttributes(ActorAttributes.CreateSupervisionStrategy(_ => directive))
            .RunWith(Sink.Seq<int>(), _system.Materializer());

        read.ShouldBe(expected);
        opened.ShouldBe(expectedOpened);
    }

    [Fact]
    public async Task With_attributes_of_its_own_it_reads_nothing_ahead_of_demand()
    {
        var resource = new Resource(100);
        var gate = new TaskCompletionSource();
        var first = new TaskCompletionSource();

        var read = Source.UnfoldResourceAsync<int, Resource>(() => Task.FromResult(resource), r => r.ReadAsync(), r => r.CloseAsync())
            .WithAttributes(Attributes.CreateName("resource"))
            .SelectAsync(1, async number =>
            {
                first.TrySetResult();
                await gate.Task;
                return (number, resource.Reads);
            })
            .RunWith(Sink.Seq<(int Number, int Reads)>(), _system.Materializer());
        await first.Task.WaitAsync(TimeSpan.FromSeconds(10));
        gate.SetResult();

        (await read.WaitAsync(TimeSpan.FromSeconds(10))).ShouldAllBe(element => element.Reads <= element.Number + 2);
    }

    /// <summary>Counts up to a number; may fail at one, and may wait for ever instead of ending.</summary>
    sealed class Resource(int last)
    {
        int _next = 1;

        public int FailsAt { get; init; }

        public int Reads => _next - 1;

        public bool EndsNever { get; init; }

        public TaskCompletionSource Waiting { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<Option<int>> ReadAsync()
        {
            var number = _next++;
            if (number == FailsAt) return Task.FromException<Option<int>>(new InvalidDataException());
            if (number <= last) return Task.FromResult(Option<int>.Create(number));
            if (!EndsNever) return Task.FromResult(Option<int>.None);

            Waiting.TrySetResult();
            return new TaskCompletionSource<Option<int>>().Task;
        }

        public Task<Done> CloseAsync()
        {
            Closed.TrySetResult();
            return Task.FromResult(Done.Instance);
        }
    }
}
