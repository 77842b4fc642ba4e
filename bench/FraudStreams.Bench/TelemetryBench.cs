using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Bench;

/// <summary>
/// A published program from a file to predictions and the store, in turns: without telemetry, with metrics and logs sent to a collector, and with a share of
/// traces, too. The collector, which takes everything and keeps nothing, shares the cores. Without is without the role api, which counts metrics from 15 s on;
/// its processor time includes the start of the web server.
/// </summary>
static class TelemetryBench
{
    public static async Task RunAsync(string program, string csv, string model, string[] rest)
    {
        var rounds = rest is [var text, ..] ? int.Parse(text, CultureInfo.InvariantCulture) : 5;
        var share = rest is [_, var given] ? given : "1%";
        var received = new long[2];
        await using var collector = await CollectorAsync(received);
        var root = Directory.CreateTempSubdirectory("fraudstreams-bench-").FullName;
        string[] sends = ["--set", $"api.otlp-endpoint={collector.Urls.Single()}", "--set", "api.port=0"];
        string[][] turns = [["--roles", "simulate,score,alert,store,label"], sends, [.. sends, "--set", $"traces.sample={share}"]];
        var (rates, work) = (new List<double>[] { [], [], [] }, new List<double>[] { [], [], [] });
        for (var round = 0; round < rounds; round++)
        {
            // Whoever comes later in a round may find files in memory: the order changes.
            var runs = new (double Rate, double Cpu)[turns.Length];
            foreach (var turn in Enumerable.Range(round, turns.Length).Select(number => number % turns.Length))
                runs[turn] = await ProgramRate.MeasureAsync(program, csv, model, Path.Combine(root, $"{round}-{turn}"), ["--set", "speeds.speed_1=unlimited", .. turns[turn]]);
            for (var turn = 0; turn < turns.Length; turn++)
            {
                rates[turn].Add(runs[turn].Rate / runs[0].Rate);
                work[turn].Add(runs[0].Cpu / runs[turn].Cpu);
            }

            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"without {runs[0].Rate,8:N0}/s, {runs[0].Cpu:0.0} s CPU   metrics and logs {runs[1].Rate,8:N0}/s, {rates[1][^1]:0.000}, by CPU {work[1][^1]:0.000}   traces of {share} too {runs[2].Rate,8:N0}/s, {rates[2][^1]:0.000}, by CPU {work[2][^1]:0.000}"));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"median of {rounds}: metrics and logs {ProgramRate.Median(rates[1]):0.000}, by CPU {ProgramRate.Median(work[1]):0.000}; traces too {ProgramRate.Median(rates[2]):0.000}, by CPU {ProgramRate.Median(work[2]):0.000}; the collector got {received[0]:N0} requests, {received[1] / 1e6:0.0} MB"));
        Directory.Delete(root, recursive: true);
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
