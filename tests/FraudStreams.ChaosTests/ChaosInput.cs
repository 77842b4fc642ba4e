using System.Collections.Concurrent;
using FraudStreams.Simulation.Generation;
using FraudStreams.Tests;
using FraudStreams.Tests.Simulation;
using FraudStreams.Tests.WholeProgram;

namespace FraudStreams.ChaosTests;

/// <summary>
/// The payments that all scenarios of one size share: a file of generated ones, of which some have an unreadable amount, and the predictions of an
/// undisturbed run.
/// </summary>
sealed class ChaosInput
{
    /// <summary>So large that some alert is always in flight when something crashes.</summary>
    const double FraudShare = 0.45;

    const int OneBadIn = 500;
    const int ShuffleSeed = 3;
    const int ShownTimeColumn = 1;
    const int AmountColumn = 5;
    const int IdColumn = 18;
    const int UnixTimeColumn = 19;

    static readonly ConcurrentDictionary<int, Lazy<ChaosInput>> s_made = [];

    readonly TemporaryFolder _folder = new();
    readonly ConcurrentDictionary<string, Lazy<Task<IReadOnlyDictionary<string, Verdict>>>> _quiet = [];

    ChaosInput(int payments)
    {
        var generated = Path.Combine(_folder, "generated.csv");
        GeneratedCsv.Write(generated, new PaymentGenerator(new GeneratorSettings { Seed = 2, FraudShare = FraudShare }), payments);
        var lines = File.ReadAllLines(generated);
        File.Delete(generated);

        // Generated frauds come at night, and a scenario of seconds would see none of them, or only them: rows are shuffled, and times stay in order.
        var times = lines.Skip(1).Select(TimesOf).ToArray();
        new Random(ShuffleSeed).Shuffle(lines.AsSpan(1));
        foreach (var (row, time) in times.Index())
            lines[row + 1] = AtTimes(lines[row + 1], time);
        File.WriteAllLines(Csv, lines.Select(Spoiled));
        var rows = lines.Skip(1).Select(line => line.Split(',')[IdColumn]).ToList();
        GoodIds = rows.Where((_, row) => !IsBad(row + 1)).ToHashSet();
        BadIds = rows.Where((_, row) => IsBad(row + 1)).ToHashSet();
    }

    public string Csv => Path.Combine(_folder, "payments.csv");

    public int Rows => GoodIds.Count + BadIds.Count;

    public IReadOnlySet<string> GoodIds { get; }

    /// <summary>The ids of the rows that have to be rejected.</summary>
    public IReadOnlySet<string> BadIds { get; }

    public static ChaosInput Of(int payments) => s_made.GetOrAdd(payments, new Lazy<ChaosInput>(() => new ChaosInput(payments))).Value;

    /// <summary>The verdicts of an undisturbed run, by payment id.</summary>
    /// <param name="prepare">Puts a model other than the tests' default into service, which <paramref name="model"/> then names.</param>
    public Task<IReadOnlyDictionary<string, Verdict>> QuietVerdictsAsync(string model = "", Action<StreamFolder>? prepare = null) =>
        _quiet.GetOrAdd(model, new Lazy<Task<IReadOnlyDictionary<string, Verdict>>>(() => RunQuietlyAsync(prepare))).Value;

    async Task<IReadOnlyDictionary<string, Verdict>> RunQuietlyAsync(Action<StreamFolder>? prepare)
    {
        using var folder = new StreamFolder(payments: 1);
        prepare?.Invoke(folder);
        await using var run = folder.Start("run", "--input", Csv, "--until-drained", "--roles", "simulate,score");
        var code = await run.ExitAsync(ChaosForm.LimitSeconds);
        return code == 0
            ? Ledger.PredictionsOf(folder).ToDictionary(prediction => prediction.Id, prediction => prediction.Verdict)
            : throw new InvalidOperationException($"the undisturbed run failed: {run.Errors}");
    }

    static (string Shown, string Unix) TimesOf(string line) => (line.Split(',')[ShownTimeColumn], line.Split(',')[UnixTimeColumn]);

    static string AtTimes(string line, (string Shown, string Unix) times)
    {
        var fields = line.Split(',');
        (fields[ShownTimeColumn], fields[UnixTimeColumn]) = times;
        return string.Join(',', fields);
    }

    /// <summary>The header is row 0.</summary>
    static bool IsBad(int row) => row % OneBadIn == OneBadIn - 1;

    static string Spoiled(string line, int row)
    {
        if (row == 0 || !IsBad(row))
            return line;
        var fields = line.Split(',');
        fields[AmountColumn] = "a lot";
        return string.Join(',', fields);
    }
}

/// <summary>The prediction of a payment; bit for bit the same whatever faults occur.</summary>
readonly record struct Verdict(double Score, bool IsFraud);
