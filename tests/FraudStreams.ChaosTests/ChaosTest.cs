using System.Diagnostics;
using Xunit;
using Xunit.Abstractions;

namespace FraudStreams.ChaosTests;

/// <summary>Sets the stage for a scenario, lets it play, and then looks whether everything holds.</summary>
[Trait("chaos", "yes")]
[Collection(ChaosCollection.Name)]
public abstract class ChaosTest(ITestOutputHelper output, ChaosServers servers)
{
    static readonly TimeSpan s_lastMail = TimeSpan.FromSeconds(20);

    /// <param name="scenario">Its name in the report.</param>
    /// <param name="parts">What it runs on.</param>
    /// <param name="number">The scenario's own, which makes its seed another than the others'.</param>
    /// <param name="payments">In the input.</param>
    /// <param name="story">What happens. At its end everything has to be done.</param>
    /// <param name="verdicts">What the scores have to be; an undisturbed run's where nothing else is said.</param>
    /// <param name="diskMegabytes">The size of a disk of its own for the data folder.</param>
    private protected async Task PlayAsync(
        string scenario, Parts parts, int number, int payments, Func<Stage, Chaos, Task> story,
        Func<ChaosInput, Task<VerdictsById>>? verdicts = null, int? diskMegabytes = null)
    {
        var input = ChaosInput.Of(payments);
        var expected = verdicts is null ? VerdictsById.Of(await input.QuietVerdictsAsync()) : await verdicts(input);
        var chaos = new Chaos(ChaosForm.Seed + number);
        var report = new ChaosReport(output, scenario, parts, chaos.Seed);
        await using var stage = await Stage.OpenAsync(parts, input, servers, diskMegabytes);
        Ledger? ledger = null;
        Exception? failure = null;
        try
        {
            await story(stage, chaos);
            ledger = await AfterLastMailAsync(stage);
            Invariants.Check(stage, chaos, ledger, expected);
            foreach (var look in chaos.Afterwards)
                look(ledger);
        }
        catch (Exception e)
        {
            failure = e;
            throw;
        }
        finally
        {
            report.Write(input, ledger ?? Ledger.Empty, chaos, failure);
        }
    }

    /// <summary>A mail is on record when the server has taken it; that the server has told us of it may come a moment later.</summary>
    static async Task<Ledger> AfterLastMailAsync(Stage stage)
    {
        var ledger = stage.Read();
        var waited = Stopwatch.StartNew();
        while (stage.Mail.Told().Count < ledger.Alerts.Count && waited.Elapsed < s_lastMail)
            await Task.Delay(10);
        return ledger with { Mails = stage.Mail.Told() };
    }
}

/// <summary>What a scenario says of its payments: for each id the verdicts that are right.</summary>
sealed record VerdictsById(IReadOnlyList<IReadOnlyDictionary<string, Verdict>> Runs)
{
    public static VerdictsById Of(params IReadOnlyList<IReadOnlyDictionary<string, Verdict>> runs) => new(runs);

    public bool Allow(string id, Verdict verdict) => Runs.Any(run => run.TryGetValue(id, out var expected) && expected == verdict);
}
