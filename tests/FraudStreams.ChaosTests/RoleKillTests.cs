using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit.Abstractions;

namespace FraudStreams.ChaosTests;

/// <summary>Each role in a process of its own, and each of them killed and restarted.</summary>
public sealed class RoleKillTests(ITestOutputHelper output) : ChaosTest(output)
{
    static readonly int s_payments = ChaosForm.Of(10_000, 100_000);
    static readonly int s_killsOfEach = ChaosForm.Of(1, 4);
    static readonly string[] s_roles = ["simulate", "score", "alert", "store", "label"];

    [ChaosFact(Parts.Embedded)]
    public Task Roles_killed_one_by_one_lose_nothing_on_embedded_parts() =>
        PlayAsync("roles killed apart", Parts.Embedded, 30, s_payments, KilledApartAsync);

    [ChaosFact(Parts.Production)]
    public Task Roles_killed_one_by_one_lose_nothing_on_Kafka_and_PostgreSQL() =>
        PlayAsync("roles killed apart", Parts.Production, 31, s_payments, KilledApartAsync);

    static async Task KilledApartAsync(Stage stage, Chaos chaos)
    {
        var labelled = await ImportLabelsAsync(stage, chaos);
        var processes = s_roles.ToDictionary(role => role, role => StartRole(stage, role));
        try
        {
            var victims = Enumerable.Repeat(s_roles, s_killsOfEach).SelectMany(roles => roles).ToArray();
            chaos.Random.Shuffle(victims);
            foreach (var (victim, moment) in victims.Zip(chaos.Moments(victims.Length)))
            {
                await stage.ReachAsync(progress => progress.Work >= moment * 4 * stage.Input.Rows, $"{moment:P0} of the work", processes.Values);
                await processes[victim].KillAsync();
                await processes[victim].DisposeAsync();
                chaos.Did($"{victim} killed", mayRepeatMails: victim == "alert");
                processes[victim] = StartRole(stage, victim);
            }

            await stage.ReachAsync(progress => progress.IsAtEnd(stage.Input.Rows), "the end", processes.Values);
            stage.StoredWhere("true_value IS NOT NULL").ShouldBe(labelled);
            foreach (var process in processes.Values)
                await process.TerminateAsync();
            foreach (var (role, process) in processes)
                (await process.ExitAsync()).ShouldBe(0, $"{role}: {process.Errors}");
        }
        finally
        {
            foreach (var process in processes.Values)
                await process.DisposeAsync();
        }
    }

    static FraudStreamsProcess StartRole(Stage stage, string role)
    {
        string[] input = role == "simulate" ? ["--input", stage.Input.Csv, "--set", "speeds.speed_1=5000/s"] : [];
        return stage.Start(["run", "--roles", role, .. input]);
    }

    /// <summary>Labels that arrive before their payments.</summary>
    static async Task<int> ImportLabelsAsync(Stage stage, Chaos chaos)
    {
        const int labels = 500;
        var ids = stage.Input.GoodIds.ToArray();
        chaos.Random.Shuffle(ids);
        var file = stage.Folder.File("labels.csv");
        await File.WriteAllLinesAsync(file, ["id,true_value,confirmed_at,confirmed_by", .. ids.Take(labels).Select(id => $"{id},{chaos.Random.Next(2)},2026-01-02T03:04:05Z,an investigator")]);
        await using var import = stage.Start("labels", "import", file);
        (await import.ExitAsync()).ShouldBe(0, import.Errors);
        return labels;
    }
}
