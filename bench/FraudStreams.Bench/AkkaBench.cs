using System.Diagnostics;
using Akka.Actor;

namespace FraudStreams.Bench;

/// <summary>What a message costs: asks one after another, asks kept in flight, and tells.</summary>
static class AkkaBench
{
    const int Runs = 7;
    static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(5);

    public static async Task RunAsync()
    {
        using var system = ActorSystem.Create("bench", "akka.loglevel = WARNING");
        var echo = system.ActorOf(Props.Create<Echo>());

        await ReportAsync("sequential Ask", 1_000_000, async count =>
        {
            for (var i = 0; i < count; i++) await echo.Ask<object>(Ping.Instance, s_timeout);
        });
        await ReportAsync("Ask, 100 in flight", 1_000_000, async count =>
        {
            var asks = new Task[100];
            for (var i = 0; i < count; i += asks.Length)
            {
                for (var j = 0; j < asks.Length; j++) asks[j] = echo.Ask<object>(Ping.Instance, s_timeout);
                await Task.WhenAll(asks);
            }
        });
        await ReportAsync("Tell", 5_000_000, async count =>
        {
            for (var i = 1; i < count; i++) echo.Tell(Quiet.Instance, ActorRefs.NoSender);
            await echo.Ask<object>(Ping.Instance, TimeSpan.FromSeconds(60));
        });
        await system.Terminate();
    }

    static async Task ReportAsync(string name, int count, Func<int, Task> run)
    {
        await Task.Run(() => run(count / 5));
        var rates = new List<double>();
        for (var i = 0; i < Runs; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await Task.Run(() => run(count));
            rates.Add(count / Stopwatch.GetElapsedTime(started).TotalSeconds);
        }
        rates.Sort();
        Console.WriteLine(
            $"{name,-20} {rates[Runs / 2] / 1e6,7:F2} million/s (median of {Runs}; {rates[0] / 1e6:F2} to {rates[^1] / 1e6:F2})");
    }

    sealed class Echo : ReceiveActor
    {
        public Echo()
        {
            Receive<Ping>(ping => Sender.Tell(ping));
            Receive<Quiet>(_ => { });
        }
    }

    sealed class Ping
    {
        internal static readonly Ping Instance = new();
    }

    sealed class Quiet
    {
        internal static readonly Quiet Instance = new();
    }
}
