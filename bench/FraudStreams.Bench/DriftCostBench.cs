using System.Buffers;
using System.Globalization;
using FraudStreams.Configuration;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Drift;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Json;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.Scoring;
using FraudStreams.Simulation;
using Microsoft.Extensions.Logging.Abstractions;

namespace FraudStreams.Bench;

/// <summary>
/// A published program from a file to predictions and the store, in turns: without counting for drift (`models.drift.watch = off`) and with it. And what
/// counting takes by itself: the difference of two runs of a program is less exact than that.
/// <c>… -- drift-cost published-program payments.csv model-folder [rounds=9]</c>
/// </summary>
static class DriftCostBench
{
    /// <summary>Of the file, in batches as the stream has them: not so many that hours wait for a publish, and are left out.</summary>
    const int CountedPayments = 40_000;

    const int BatchRows = 500;
    const int Passes = 50;

    public static async Task RunAsync(string program, string csv, string model, string[] rest)
    {
        if (!File.Exists(Path.Combine(model, DriftReferenceFile.Name)))
            throw new ArgumentException($"{model} has no {DriftReferenceFile.Name}: nothing would be counted. `fraudstreams train --input CSV` writes one with the version");
        var rounds = rest.Select(option => option.Split('=', 2)).Where(option => option[0] == "rounds").Select(option => int.Parse(option[1], CultureInfo.InvariantCulture)).FirstOrDefault(9);
        var root = Directory.CreateTempSubdirectory("fraudstreams-bench-").FullName;
        var (ratios, work, cost) = (new List<double>(), new List<double>(), new List<double>());
        var payments = File.ReadLines(csv).Count() - 1;
        for (var round = 0; round < rounds; round++)
        {
            // Whoever comes later in a round may find files in memory: the order changes.
            var runs = new (double Rate, double Cpu)[2];
            foreach (var turn in round % 2 == 0 ? (int[])[0, 1] : [1, 0])
            {
                runs[turn] = await ProgramRate.MeasureAsync(
                    program, csv, model, Path.Combine(root, $"{round}-{turn}"),
                    ["--set", "speeds.speed_1=unlimited", "--roles", "simulate,score,alert,store,label", "--set", $"models.drift.watch={(turn == 0 ? "off" : "on")}"]);
            }

            ratios.Add(runs[1].Rate / runs[0].Rate);
            work.Add(runs[0].Cpu / runs[1].Cpu);
            cost.Add(runs[0].Cpu * 1e6 / payments);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"without {runs[0].Rate,8:N0}/s, {runs[0].Cpu:0.0} s CPU   counted {runs[1].Rate,8:N0}/s, {runs[1].Cpu:0.0} s CPU, {ratios[^1]:0.000}, by CPU {work[^1]:0.000}"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"median of {rounds}: {ProgramRate.Median(ratios):0.000}, by CPU {ProgramRate.Median(work):0.000}; wanted: at least 0.98"));
        var alone = await CountAloneAsync(csv, model, root);
        var whole = ProgramRate.Median(cost);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"counting by itself takes {alone:0.00} us of processor a payment, the program without it {whole:0.0}: {whole / (whole + alone):0.000}"));
        Directory.Delete(root, recursive: true);
    }

    /// <summary>Microseconds of processor a payment, of all threads: what is counted of each batch, and hours that are published to embedded topics.</summary>
    static async Task<double> CountAloneAsync(string csv, string modelFolder, string root)
    {
        var model = ModelArtifact.Load(modelFolder);
        var batches = Batches(csv, model);
        var data = Path.Combine(root, "counting");
        SpineBench.InstallModel(modelFolder, data);
        var settings = FraudSettings.From(new ConfigLayers(set: [], environment: new Dictionary<string, string>(), directory: data).Load());
        await using var topics = EmbeddedMessageLog.Open(settings.Topics.Embedded(data), TimeProvider.System, _ => { });
        var used = new List<double>();
        for (var pass = 0; pass < Passes; pass++)
        {
            var before = Environment.CpuUsage.TotalTime;
            var recorder = new DriftRecorder(new LocalModels(data, TimeProvider.System), topics, () => true, TimeProvider.System, NullLogger.Instance);
            foreach (var (rows, scores, features) in batches)
                recorder.Count(rows, new BatchScored(scores, model.Version, model.Threshold) { Drift = recorder.Sample(model, rows.Count, features) });
            await recorder.PublishRestAsync(TimeSpan.FromSeconds(10));
            used.Add((Environment.CpuUsage.TotalTime - before).TotalMicroseconds / batches.Sum(batch => batch.Scores.Length));
        }

        return ProgramRate.Median(used);
    }

    static List<(TransactionRows Rows, double[] Scores, double[] Features)> Batches(string csv, ScoringModel model)
    {
        using var feed = new CsvFeed(csv, model.Schema);
        var (reader, windows, payment) = (new TransactionReader(model.Schema), new WindowState(model.Schema), new ArrayBufferWriter<byte>());
        var batches = new List<(TransactionRows, double[], double[])>();
        for (var atEnd = false; !atEnd && batches.Count < CountedPayments / BatchRows;)
        {
            var rows = new TransactionRows(model.Schema, BatchRows);
            while (rows.Count < BatchRows && !atEnd)
            {
                payment.ResetWrittenCount();
                atEnd = !feed.TryRead(payment);
                if (!atEnd && reader.Read(payment.WrittenSpan, rows) is { } reason)
                    throw new InvalidDataException(reason.Message);
            }

            if (rows.Count == 0)
                break;
            var (scores, features) = (new double[rows.Count], new double[rows.Count * model.Features.Count]);
            windows.Advance(rows);
            model.Score(rows, scores, features);
            batches.Add((rows, scores, features));
        }

        return batches;
    }
}
