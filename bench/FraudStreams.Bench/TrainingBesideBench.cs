using FraudStreams.Hosting;
using FraudStreams.Sqlite;

namespace FraudStreams.Bench;

/// <summary>
/// Scoring while the same process trains a challenger, against scoring alone, in pairs: a stream with a store full of earlier payments takes the later ones as
/// fast as it can, from the file to committed predictions. The times are those of the predictions' records. The first run is not counted, and of two pairs in a
/// row one begins with training, one without. <c>… -- training-beside payments.csv [rounds=9] [payments=400000] [schema=cards] [program=FraudStreams.dll]</c>; so many payments of the file, half of them stored beforehand;
/// the published program instead of this build's, whose code is compiled while it is measured.
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
        var (rounds, most, schema) = (int.Parse(given.GetValueOrDefault("rounds", "9")), int.Parse(given.GetValueOrDefault("payments", "400000")), given.GetValueOrDefault("schema", "cards"));
        var program = given.GetValueOrDefault("program", typeof(StreamService).Assembly.Location);
        var root = Directory.CreateTempSubdirectory("fraudstreams-bench-").FullName;
        var (earlier, later, payments) = Split(csv, most, root);
        var prepared = Path.Combine(root, "prepared");
        string[] settings = ["--schema", schema, "--set", "batch.wait=100ms", "--set", "topics.partitions=1"];
        SpineBench.Run("preparing", [program, "run", "--input", earlier, "--until-drained", "--data", prepared, "--set", $"model.first-run.max-rows={FirstRows}", .. settings]);
        var pairs = new List<(double Alone, double Beside)>();
        Measure(trains: false);
        for (var round = 0; round < rounds; round++)
        {
            var first = Measure(trains: round % 2 == 1);
            var second = Measure(trains: round % 2 == 0);
            pairs.Add(round % 2 == 0 ? (first, second) : (second, first));
        }

        double[] ratios = [.. pairs.Select(pair => pair.Beside / pair.Alone).Order()];
        Console.WriteLine($"beside training / alone, payments/s: median {ratios[ratios.Length / 2]:0.00}, quartiles {ratios[ratios.Length / 4]:0.00} and {ratios[ratios.Length * 3 / 4]:0.00}, all together {pairs.Sum(pair => 1 / pair.Alone) / pairs.Sum(pair => 1 / pair.Beside):0.00} ({string.Join(", ", ratios.Select(ratio => $"{ratio:0.00}"))})");
        Directory.Delete(root, recursive: true);

        double Measure(bool trains)
        {
            var data = Path.Combine(root, "data");
            Copy(prepared, data);
            var run = SpineBench.Run($"training {trains}", [program, "run", "--input", later, "--until-drained", "--roles", $"simulate,score{(trains ? ",train" : "")}", "--data", data, .. settings, .. Set(trains ? s_training : [])]);
            Check(run.Output, trains);
            var perSecond = PaymentsASecond(data, payments);
            Console.WriteLine($"{(trains ? "beside training" : "alone"),-15} {perSecond,8:N0}/s, {run.Cpu.TotalSeconds:0.00} s CPU, peak {run.Peak / 1e6:0} MB");
            Directory.Delete(data, recursive: true);
            return perSecond;
        }
    }

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

    static (string Earlier, string Later, int LaterPayments) Split(string csv, int most, string root)
    {
        var (earlier, later) = (Path.Combine(root, "earlier.csv"), Path.Combine(root, "later.csv"));
        var rows = File.ReadLines(csv).Take(most + 1).Count() - 1;
        var first = (int)(rows * Earlier);
        File.WriteAllLines(earlier, File.ReadLines(csv).Take(first + 1));
        File.WriteAllLines(later, File.ReadLines(csv).Take(rows + 1).Where((_, line) => line == 0 || line > first));
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
