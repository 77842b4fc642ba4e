using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Akka.Actor;
using Akka.Configuration;
using FraudStreams.Alerting;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Bench;

/// <summary>
/// Alerts alone: the outboxes of four partitions, their journal and the log of what was delivered in a folder, and an SMTP server in this process. Each
/// partition raises one alert after the other; from the first until all are noted as delivered. The processor is the server's too.
/// <c>… -- alerts [alerts=2000] [rounds=3] [key=value …]</c>
/// </summary>
static class AlertsBench
{
    const int Partitions = 4;

    public static async Task MeasureAsync(string[] options)
    {
        var given = options.Select(option => option.Split('=', 2)).ToDictionary(option => option[0], option => option[1]);
        var (alerts, rounds) = (Take("alerts", 2000), Take("rounds", 3));
        var root = Directory.CreateTempSubdirectory("fraudstreams-bench-").FullName;
        using var stop = new CancellationTokenSource();
        var port = LatencyBench.FreePort();
        var mails = new SmtpServer.SmtpServer(
            new SmtpServer.SmtpServerOptionsBuilder().ServerName("localhost").Endpoint(endpoint => endpoint.Endpoint(new IPEndPoint(IPAddress.Loopback, port))).Build(),
            SmtpServer.ComponentModel.ServiceProvider.Default).StartAsync(stop.Token);
        string[] set =
        [
            "alerts.mail.host=127.0.0.1", $"alerts.mail.port={port}", "alerts.mail.per-minute=unlimited", "alerts.mail.card-window=0s", $"topics.partitions={Partitions}",
            .. given.Select(setting => $"{setting.Key}={setting.Value}"),
        ];
        for (var round = 0; round < rounds; round++)
        {
            var data = Directory.CreateDirectory(Path.Combine(root, $"{round}")).FullName;
            var settings = FraudSettings.From(new ConfigLayers(set: set, environment: new Dictionary<string, string>(), directory: data).Load());
            var (seconds, cpu) = await RaiseAsync(settings, data, alerts);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{alerts / seconds:N0} alerts/s, {cpu * 1000 / alerts:0.00} ms of processor each"));
        }

        await stop.CancelAsync();
        await mails.ContinueWith(_ => { }, TaskScheduler.Default);
        Directory.Delete(root, recursive: true);

        int Take(string key, int otherwise) => given.Remove(key, out var value) ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;
    }

    static async Task<(double Seconds, double Cpu)> RaiseAsync(FraudSettings settings, string data, int alerts)
    {
        await using var topics = EmbeddedMessageLog.Open(settings.Topics.Embedded(data), TimeProvider.System, _ => { });
        var system = ActorSystem.Create("alerts", settings.Alerts.Journal.ToAkka(data).WithFallback(ConfigurationFactory.ParseString("akka.loglevel = OFF\nakka.stdout-loglevel = OFF")));
        var template = AlertTemplate.Parse(AlertTemplate.Default, SchemaFile.Read("cards"), "the default template");
        var pending = new PendingAlerts();
        using var delivery = new DeliveryContext(
            settings.Alerts, template, DeliveryContext.ChannelsOf(settings.Alerts, template, data, TimeProvider.System), topics, new StreamMetrics(), pending, new DeliveredAlerts(), TimeProvider.System);
        var outboxes = system.ActorOf(AlertOutboxes.Props(delivery, new AlertJournalTables(settings.Alerts.Journal, data)));
        for (var partition = 0; partition < Partitions; partition++)
            outboxes.Tell(new OpenOutbox(partition, system));
        await RaiseAsync(outboxes, "warm-up", 100);
        await IdleAsync(pending);
        var (began, before) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        await RaiseAsync(outboxes, "measured", alerts);
        await IdleAsync(pending);
        var took = (Stopwatch.GetElapsedTime(began).TotalSeconds, (Environment.CpuUsage.TotalTime - before).TotalSeconds);
        await outboxes.Ask<OutboxesClosed>(new CloseOutboxes());
        await system.Terminate();
        return took;
    }

    static Task RaiseAsync(IActorRef outboxes, string name, int alerts) => Task.WhenAll(Enumerable.Range(0, Partitions).Select(async partition =>
    {
        for (var number = partition; number < alerts; number += Partitions)
        {
            var alert = new Alert($"{name}-{number}", $"{name}-{number}", 0.9, "NDAwMA==", ImmutableSortedDictionary<string, string>.Empty.Add("amt", "12.34"));
            while (await outboxes.Ask<object>(new EnqueueAlerts(partition, [alert])) is not AlertsEnqueued)
                await Task.Delay(10);
        }
    }));

    static async Task IdleAsync(PendingAlerts pending)
    {
        while (!pending.IsIdle)
            await Task.Delay(1);
    }
}
