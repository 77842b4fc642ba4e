using System.Diagnostics;
using Xunit;
using Xunit.Abstractions;

namespace FraudStreams.ChaosTests;

/// <summary>Sets up a scenario's stage, runs it, and then checks the invariants.</summary>
[Trait("chaos", "yes")]
public abstract class ChaosTest(ITestOutputHelper output)
{
    static readonly TimeSpan s_lastMail = TimeSpan.FromSeconds(20);

    /// <param name="scenario">Its name in the report.</param>
    /// <param name="parts">What it runs on.</param>
    /// <param name="number">The scenario's number, added to the seed.</param>
    /// <param name="payments">Number of payments in the input.</param>
    /// <param name="story">The steps. At the end everything has to be processed.</param>
    /// <param name="verdicts">The expected scores; those of an undisturbed run by default.</param>
    /// <param name="diskMegabytes">Size of a separate disk for the data folder.</param>
    private protected Task PlayAsync(
        string scenario, Parts parts, int number, int payments, Func<Stage, Chaos, Task> story,
        Func<ChaosInput, Task<VerdictsById>>? verdicts = null, int? diskMegabytes = null) =>
        ChaosRows.InTurnAsync(parts, () => PlayInTurnAsync(scenario, parts, number, payments, story, verdicts, diskMegabytes));

    async Task PlayInTurnAsync(
        string scenario, Parts parts, int number, int payments, Func<Stage, Chaos, Task> story, Func<ChaosInput, Task<VerdictsById>>? verdicts, int? diskMegabytes)
    {
        var input = ChaosInput.Of(payments);
        var expected = verdicts is null ? VerdictsById.Of(await input.QuietVerdictsAsync()) : await verdicts(input);
        var chaos = new Chaos(ChaosForm.Seed + number);
        var report = new ChaosReport(output, scenario, parts, chaos.Seed);
        await using var stage = await Stage.OpenAsync(parts, input, diskMegabytes);
        Ledger? ledger = null;
        Exception? failure = null;
        try
        {
            await story(stage, chaos);
            ledger = await AfterLastMailAsync(stage);
            Invariants.Check(stage, chaos, ledger, expected);
            foreach (var check in chaos.Afterwards)
                check(ledger);
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

    /// <summary>An alert is logged once the server has accepted its mail; the server's output may reach the test a moment later.</summary>
    static async Task<Ledger> AfterLastMailAsync(Stage stage)
    {
        var ledger = stage.Read();
        var waited = Stopwatch.StartNew();
        while (stage.Mail.Received().Count < ledger.Alerts.Count && waited.Elapsed < s_lastMail)
            await Task.Delay(10);
        return ledger with { Mails = stage.Mail.Received() };
    }
}

/// <summary>For each payment id the verdicts that are right.</summary>
sealed record VerdictsById(IReadOnlyList<IReadOnlyDictionary<string, Verdict>> Runs)
{
    public static VerdictsById Of(params IReadOnlyList<IReadOnlyDictionary<string, Verdict>> runs) => new(runs);

    public bool Allow(string id, Verdict verdict) => Runs.Any(run => run.TryGetValue(id, out var expected) && expected == verdict);
}
