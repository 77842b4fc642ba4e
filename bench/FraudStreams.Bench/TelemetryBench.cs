using System.Diagnostics;
using System.Globalization;
using System.Net;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Sqlite;
using FraudStreams.Topics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Bench;

/// <summary>
/// A published program from a file to predictions and the store, with metrics, logs and a share of traces sent to a collector, beside one without, in turns.
/// The collector, which takes everything and keeps nothing, shares the cores. Without means without the role api, which would count metrics from 15 s on.
/// </summary>
static class TelemetryBench
{
    public static async Task RunAsync(string program, string csv, string model, string[] rest)
    {
        var rounds = rest is [var text, ..] ? int.Parse(text, CultureInfo.InvariantCulture) : 5;
        var share = rest is [_, var given] ? given : "1%";
        var payments = File.ReadLines(csv).Count() - 1;
        var received = new long[2];
        await using var collector = await CollectorAsync(received);
        var root = Directory.CreateTempSubdirectory("fraudstreams-bench-").FullName;
        var ratios = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            // Whoever comes second in a round may find files in memory: the order changes.
            string[][] turns = [[], ["--set", $"api.otlp-endpoint={collector.Urls.Single()}", "--set", "api.port=0", "--set", $"traces.sample={share}"]];
            var rates = new double[2];
            foreach (var turn in round % 2 == 0 ? (int[])[0, 1] : [1, 0])
            {
                string[] roles = turn == 0 ? ["--roles", "simulate,score,alert,store,label"] : ["--roles", "simulate,score,alert,store,label,api"];
                rates[turn] = payments / Seconds(program, csv, model, Path.Combine(root, $"{round}-{turn}"), [.. roles, .. turns[turn]]);
            }

            ratios.Add(rates[1] / rates[0]);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"without {rates[0],8:N0}/s   with {rates[1],8:N0}/s   ratio {ratios[^1]:0.000}"));
        }

        ratios.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"with metrics and traces of {share} / without, {payments:N0} payments: median {ratios[ratios.Count / 2]:0.000}; the collector got {received[0]:N0} requests, {received[1] / 1e6:0.0} MB"));
        Directory.Delete(root, recursive: true);
    }

    /// <summary>From the first payment in its topic to the last prediction in its own: the start of the process does not count.</summary>
    static double Seconds(string program, string csv, string model, string data, string[] options)
    {
        SpineBench.InstallModel(model, data);
        string[] arguments = ["run", "--input", csv, "--until-drained", "--data", data, "--set", "speeds.speed_1=unlimited", "--set", "topics.partitions=1", .. options];
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {output}");
        using var file = SqliteFile.Open(Path.Combine(data, "topics.db"), SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        var first = file.QueryLong($"""SELECT time FROM {LogFile.Table(new TopicPartition(TopicNames.Transactions, 0))} ORDER BY "offset" LIMIT 1""");
        var last = file.QueryLong($"""SELECT time FROM {LogFile.Table(new TopicPartition(TopicNames.Predictions, 0))} ORDER BY "offset" DESC LIMIT 1""");
        file.Dispose();
        Directory.Delete(data, recursive: true);
        return (last - first) / 1000.0;
    }

    static async Task<WebApplication> CollectorAsync(long[] received)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        var web = builder.Build();
        web.MapPost("/opentelemetry.proto.collector.{signal}.v1.{service}/Export", async (HttpContext context) =>
        {
            var (buffer, read) = (new byte[1 << 16], 0);
            while ((read = await context.Request.Body.ReadAsync(buffer)) > 0)
                Interlocked.Add(ref received[1], read);
            Interlocked.Increment(ref received[0]);
            context.Response.ContentType = "application/grpc";
            context.Response.AppendTrailer("grpc-status", "0");
            await context.Response.Body.WriteAsync(new byte[5]);
        });
        await web.StartAsync();
        return web;
    }
}
