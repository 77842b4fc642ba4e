using FraudStreams.Hosting;

namespace FraudStreams.Bench;

/// <summary>
/// The whole program from a file to the database, with the window features of schema `cards` and without them, alternating, each run in its own
/// process, each with a model that is trained first. <c>… -- history-stream train.csv later.csv [rounds]</c>
/// </summary>
static class HistoryStreamBench
{
    public static void Run(string train, string later, int rounds)
    {
        var payments = File.ReadLines(later).Count() - 1;
        var root = Directory.CreateTempSubdirectory("fraudstreams-bench-").FullName;
        var with = Path.Combine(Configuration.SchemaFile.Folder, "cards.conf");
        var without = Path.Combine(root, "cards.conf");
        File.WriteAllLines(without, File.ReadLines(with).Where(line => !line.Contains("window =", StringComparison.Ordinal)));
        var trained = new[] { with, without }.ToDictionary(schema => schema, schema => Train(train, schema, Path.Combine(root, $"trained-{(schema == with ? "with" : "without")}")));
        var ratios = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            double Seconds(string what, string schema) => SpineBench.Measure(what, payments, Path.Combine(root, $"{what}-{round}"), trained[schema],
                data => [typeof(StreamService).Assembly.Location, "run", "--input", later, "--until-drained", "--schema", schema, "--data", data]);
            ratios.Add(Seconds("without", without) / Seconds("with", with));
        }

        ratios.Sort();
        Console.WriteLine($"with / without windows, payments/s: median {ratios[ratios.Count / 2]:0.00} ({string.Join(", ", ratios.Select(ratio => $"{ratio:0.00}"))})");
        Directory.Delete(root, recursive: true);
    }

    /// <returns>Folder of the model version.</returns>
    static string Train(string input, string schema, string data)
    {
        SpineBench.Run("training", [typeof(StreamService).Assembly.Location, "train", "--input", input, "--schema", schema, "--data", data, "--json"]);
        var local = new ModelOps.LocalModels(data, TimeProvider.System);
        return local.FolderOf(local.ChampionVersion!);
    }
}
