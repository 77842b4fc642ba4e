using FraudStreams.Hosting;
using FraudStreams.Sqlite;

namespace FraudStreams.Bench;

/// <summary>
/// Scoring while the same process trains a challenger, against scoring alone, in pairs: a stream with a store full of earlier payments takes the later ones as
/// fast as it can, from the file to committed predictions. The times are those of the predictions' records. <c>… -- training-beside payments.csv [rounds=5] [schema=cards]</c>
/// </summary>
static class TrainingBesideBench
{
    /// <summary>Share of the file that is stored beforehand, to be learnt from.</summary>
    const double Earlier = 0.5;

    /// <summary>The first model learns from so many, so that labels of later ones are new.</summary>
    const int FirstRows = 20_000;

    /// <summary>More trees than are grown while it is measured: training lasts as long as the run.</summary>
    static readonly string[] s_training =
    [
        "models.retrain.min-new-labels=1", "models.retrain.cool-down=0s", "models.retrain.history=3650d", "models.gate.every=1s", "models.gate.label-delay=0s",
        "model.trees=10000", "model.early-stopping=10000",
    ];

    public static void Run(string csv, string[] options)
    {
        var given = options.Select(option => option.Split('=', 2)).ToDictionary(option => option[0], option => option[1]);
        var (rounds, schema) = (int.Parse(given.GetValueOrDefault("rounds", "5")), given.GetValueOrDefault("schema", "cards"));
        var root = Directory.CreateTempSubdirectory("fraudstreams-bench-").FullName;
        var (earlier, later, payments) = Split(csv, root);
        var prepared = Path.Combine(root, "prepared");
        string[] settings = ["--schema", schema, "--set", "batch.wait=100ms", "--set", "topics.partitions=1"];
        SpineBench.Run("preparing", [Program, "run", "--input", earlier, "--until-drained", "--data", prepared, "--set", $"model.first-run.max-rows={FirstRows}", .. settings]);
        var ratios = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            double alone = 0, beside = 0;
            foreach (var trains in round % 2 == 0 ? (bool[])[false, true] : [true, false])
            {
                var data = Path.Combine(root, $"data-{round}-{trains}");
                Copy(prepared, data);
                var run = SpineBench.Run($"training {trains}", [Program, "run", "--input", later, "--until-drained", "--roles", $"simulate,score{(trains ? ",train" : "")}", "--data", data, .. settings, .. Set(trains ? s_training : [])]);
                Check(run.Output, trains);
                var perSecond = PaymentsASecond(data, payments);
                Console.WriteLine($"{(trains ? "beside training" : "alone"),-15} {perSecond,8:N0}/s, {run.Cpu.TotalSeconds:0.00} s CPU, peak {run.Peak / 1e6:0} MB");
                (alone, beside) = trains ? (alone, perSecond) : (perSecond, beside);
                Directory.Delete(data, recursive: true);
            }

            ratios.Add(beside / alone);
        }

        ratios.Sort();
        Console.WriteLine($"beside training / alone, payments/s: median {ratios[ratios.Count / 2]:0.00} ({string.Join(", ", ratios.Select(ratio => $"{ratio:0.00}"))})");
        Directory.Delete(root, recursive: true);
    }

    static string Program => typeof(StreamService).Assembly.Location;

    static IEnumerable<string> Set(string[] settings) => settings.SelectMany(setting => (string[])["--set", setting]);

    /// <summary>It must have trained to the end of the run, or not at all.</summary>
    static void Check(string output, bool trains)
    {
        if (output.Contains("A new challenger is trained: ", StringComparison.Ordinal) != trains || output.Contains("is trained and challenges", StringComparison.Ordinal))
            throw new InvalidOperationException($"the run {(trains ? "did not train to its end" : "trained")}:\n{output}");
    }

    /// <summary>From the prediction after a quarter of the payments, when training has begun, to the last one.</summary>
    static double PaymentsASecond(string data, int payments)
    {
        using var topics = SqliteFile.Open(Path.Combine(data, "topics.db"), SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        var last = topics.QueryLong("SELECT max(\"offset\") FROM \"predictions/0\"");
        var from = last - (payments * 3L / 4);
        return (last - from) * 1000.0 / (TimeOf(last) - TimeOf(from));

        long TimeOf(long offset) => topics.QueryLong($"SELECT time FROM \"predictions/0\" WHERE \"offset\" = {offset}");
    }

    static (string Earlier, string Later, int LaterPayments) Split(string csv, string root)
    {
        var (earlier, later) = (Path.Combine(root, "earlier.csv"), Path.Combine(root, "later.csv"));
        var rows = File.ReadLines(csv).Count() - 1;
        var first = (int)(rows * Earlier);
        File.WriteAllLines(earlier, File.ReadLines(csv).Take(first + 1));
        File.WriteAllLines(later, File.ReadLines(csv).Where((_, line) => line == 0 || line > first));
        return (earlier, later, rows - first);
    }

    static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var folder in Directory.GetDirectories(from, "*", SearchOption.AllDirectories))
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
    }
}
