using System.Globalization;
using FraudStreams.Model.Drift;

namespace FraudStreams.Bench;

/// <summary>
/// A published program from a file to predictions and the store, in turns: without counting for drift (`models.drift.watch = off`) and with it.
/// <c>… -- drift-cost published-program payments.csv model-folder [rounds=9]</c>
/// </summary>
static class DriftCostBench
{
    public static async Task RunAsync(string program, string csv, string model, string[] rest)
    {
        if (!File.Exists(Path.Combine(model, DriftReferenceFile.Name)))
            throw new ArgumentException($"{model} has no {DriftReferenceFile.Name}: nothing would be counted. `fraudstreams train --input CSV` writes one with the version");
        var rounds = rest.Select(option => option.Split('=', 2)).Where(option => option[0] == "rounds").Select(option => int.Parse(option[1], CultureInfo.InvariantCulture)).FirstOrDefault(9);
        var root = Directory.CreateTempSubdirectory("fraudstreams-bench-").FullName;
        var (ratios, work) = (new List<double>(), new List<double>());
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
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"without {runs[0].Rate,8:N0}/s, {runs[0].Cpu:0.0} s CPU   counted {runs[1].Rate,8:N0}/s, {runs[1].Cpu:0.0} s CPU, {ratios[^1]:0.000}, by CPU {work[^1]:0.000}"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"median of {rounds}: {ProgramRate.Median(ratios):0.000}, by CPU {ProgramRate.Median(work):0.000}; wanted: at least 0.98"));
        Directory.Delete(root, recursive: true);
    }
}
