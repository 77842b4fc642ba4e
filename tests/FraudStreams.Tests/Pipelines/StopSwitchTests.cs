using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;
using FraudStreams.Pipelines;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Pipelines;

[Trait("Category", "Unit")]
public sealed class StopSwitchTests : ActorTest
{
    readonly StopSwitch _stop = new();

    [Fact]
    public async Task Thrown_it_completes_running_streams_and_later_ones_at_once()
    {
        var running = Source.Maybe<int>().MapMaterializedValue(_ => NotUsed.Instance).Via(_stop.Flow<int>()).RunWith(Sink.Ignore<int>(), Sys.Materializer());
        await Eventually.TrueAsync(() => _stop.Streams == 1);

        _stop.Throw();

        await running.WaitAsync(TimeSpan.FromSeconds(20));
        await Source.Repeat(1).Via(_stop.Flow<int>()).RunWith(Sink.Ignore<int>(), Sys.Materializer()).WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Streams_that_ended_or_failed_are_not_kept()
    {
        for (var stream = 0; stream < 100; stream++)
        {
            await Source.From([1, 2]).Via(_stop.Flow<int>()).RunWith(Sink.Ignore<int>(), Sys.Materializer());
            await Should.ThrowAsync<Exception>(() => Source.Failed<int>(new InvalidOperationException()).Via(_stop.Flow<int>()).RunWith(Sink.Ignore<int>(), Sys.Materializer()));
        }

        await Eventually.TrueAsync(() => _stop.Streams == 0);
    }
}
