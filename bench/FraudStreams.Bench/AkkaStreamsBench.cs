using System.Diagnostics;
using Akka;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;

namespace FraudStreams.Bench;

/// <summary>What an element costs on its way through a stream.</summary>
static class AkkaStreamsBench
{
    const int Runs = 7;
    static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(5);

    public static async Task RunAsync()
    {
        using var system = ActorSystem.Create("bench", "akka.loglevel = WARNING");
        var materializer = system.Materializer();
        var counter = system.ActorOf(Props.Create<Counter>());

        await ReportAsync("three stages, enumerable", 10_000_000, count => Source.From(Enumerable.Range(1, count))
            .Select(n => n + 1).Where(n => n != 0).Select(n => n * 2).RunWith(Sink.Ignore<int>(), materializer));
        await ReportAsync("three stages, endless", 10_000_000, count => Source.Repeat(1)
            .Select(n => n + 1).Where(n => n != 0).Select(n => n * 2).Take(count).RunWith(Sink.Ignore<int>(), materializer));
        await ReportAsync("GroupedWithin(500), Ask", 10_000_000, count => Source.Repeat(1).Take(count)
            .GroupedWithin(500, TimeSpan.FromSeconds(1))
            .SelectAsync(1, group => counter.Ask<Done>(group, s_timeout)).RunWith(Sink.Ignore<Done>(), materializer));
        await ReportAsync("SelectAsync, done tasks", 5_000_000, count => Source.Repeat(1).Take(count)
            .SelectAsync(8, Task.FromResult).RunWith(Sink.Ignore<int>(), materializer));
        await system.Terminate();
    }

    static async Task ReportAsync(string name, int count, Func<int, Task> run)
    {
        await run(count / 5);
        var rates = new List<double>();
        for (var i = 0; i < Runs; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await run(count);
            rates.Add(count / Stopwatch.GetElapsedTime(started).TotalSeconds);
        }
        rates.Sort();
        Console.WriteLine(
            $"{name,-26} {rates[Runs / 2] / 1e6,7:F2} million elements/s (median of {Runs}; {rates[0] / 1e6:F2} to {rates[^1] / 1e6:F2})");
    }

    sealed class Counter : ReceiveActor
    {
        public Counter() => ReceiveAny(_ => Sender.Tell(Done.Instance));
    }
}
