using FraudStreams.Diagnostics;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps;
using FraudStreams.Simulation.Generation;
using FraudStreams.Tests.Simulation;
using FraudStreams.Tests.WholeProgram;

namespace FraudStreams.Tests.ModelOps;

/// <summary>Histories of generated payments in a file, changed as a test needs them.</summary>
static class Histories
{
    public static IHistory Csv(string folder, int payments, Func<IEnumerable<string[]>, IEnumerable<string[]>>? change = null)
    {
        var file = Path.Combine(folder, "history.csv");
        GeneratedCsv.Write(file, new PaymentGenerator(TrainedModel.Generator(seed: 4)), payments);
        var lines = File.ReadAllLines(file);
        var rows = lines.Skip(1).Select(line => line.Split(','));
        File.WriteAllLines(file, [lines[0], .. (change?.Invoke(rows) ?? rows).Select(cells => string.Join(',', cells))]);
        return new CsvHistory(file, TrainedModel.Schema);
    }

    /// <summary>The payments of a file's rows, whose last cell is the label.</summary>
    public static IEnumerable<string[]> Unlabelled(this IEnumerable<string[]> rows, Func<int, bool> which) =>
        rows.Select((cells, row) => which(row) ? [.. cells[..^1], ""] : cells);

    public static IEnumerable<string[]> Honest(this IEnumerable<string[]> rows) => rows.Where(cells => cells[^1] == "0");

    /// <summary>Rows in order of event time, with everything else as it is for the same rows in any order.</summary>
    public static LabelledDataset? Read(IHistory history) => LabelledDataset.Read(history, TrainedModel.Loaded.Features, new WindowState(history.Schema), _ => { }, _ => { }, default);

    public static T Quietly<T>(Func<WorkProgress, T> work) => WorkProgress.Run(work);

    public static ScoringModel ScoringBy(Model.Models.IScorer scorer) => new(TrainedModel.Loaded.Card, scorer);
}
