using FraudStreams.ModelOps;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit.Abstractions;

namespace FraudStreams.ChaosTests;

/// <summary>The files of the model in service are damaged: before a start, under a running process, and where a version is put into service.</summary>
public sealed class ModelArtifactTests(ITestOutputHelper output, ChaosServers servers) : ChaosTest(output, servers)
{
    const int Failed = 1;

    static readonly int s_payments = ChaosForm.Of(6_000, 50_000);

    [ChaosFact(Parts.Embedded)]
    public Task A_damaged_model_is_replaced_by_the_last_good_one_at_the_next_start_and_disturbs_no_running_process() => PlayAsync(
        "model damaged while running", Parts.Embedded, 80, s_payments,
        async (stage, chaos) =>
        {
            var champion = PutSecondInService(stage.Folder);
            await using (var run = stage.Start("run", "--input", stage.Input.Csv, "--set", "speeds.speed_1=2000/s"))
            {
                await stage.ReachAsync(progress => progress.Scored > 0, "a first score", run);
                Damage(champion, chaos);
                var before = stage.Progress()!;
                await stage.ReachAsync(progress => progress.Scored > before.Scored + 1000, "more scores", run);
                run.Output.ShouldNotContain("last good version");
                await run.KillAsync();
                chaos.Did("kill -9", mayRepeatMails: true);
            }

            await using var next = stage.Start("run", "--input", stage.Input.Csv, "--until-drained");
            (await next.ExitAsync(ChaosForm.LimitSeconds)).ShouldBe(0, next.Errors);
            (next.Output + next.Errors).ShouldContain($"{TrainedModel.Loaded.Version}, the last good version, takes its place");
            chaos.Afterwards.Add(ledger => ledger.Predictions.Select(prediction => prediction.Model).Distinct().Count().ShouldBe(2));
        },
        BothVerdictsAsync);

    [ChaosFact(Parts.Embedded)]
    public Task A_start_without_a_model_that_can_be_used_says_what_is_wrong_and_takes_nothing() => PlayAsync(
        "no usable model at start", Parts.Embedded, 81, s_payments, async (stage, chaos) =>
        {
            var shelf = new ModelRegistry(stage.Folder.Data, TimeProvider.System);
            var champion = shelf.FolderOf(shelf.ChampionVersion!);
            foreach (var file in (string[])[.. Directory.GetFiles(champion), Path.Combine(shelf.Directory, "champion.json")])
            {
                var whole = await File.ReadAllBytesAsync(file);
                DamageFile(file, chaos);
                await using var run = stage.Start("run", "--input", stage.Input.Csv, "--until-drained");

                (await run.ExitAsync()).ShouldBe(Failed, $"{file} is damaged:\n{run.Output}\n{run.Errors}");

                run.Errors.ShouldContain(file.StartsWith(champion, StringComparison.Ordinal) ? champion : file);
                (stage.Progress()?.Produced ?? 0).ShouldBe(0);
                await File.WriteAllBytesAsync(file, whole);
            }

            await stage.DrainAsync();
        });

    static string PutSecondInService(StreamFolder folder)
    {
        var shelf = new ModelRegistry(folder.Data, TimeProvider.System);
        var second = TrainedModel.Train(shelf, seed: 2);
        shelf.Promote(second.Version, "a test's second");
        return shelf.FolderOf(second.Version);
    }

    static async Task<VerdictsById> BothVerdictsAsync(ChaosInput input) =>
        VerdictsById.Of(await input.QuietVerdictsAsync(), await input.QuietVerdictsAsync("second", folder => PutSecondInService(folder)));

    static void Damage(string version, Chaos chaos)
    {
        foreach (var file in Directory.GetFiles(version))
            DamageFile(file, chaos);
    }

    /// <summary>Cut short or overwritten in the middle, as a full disk or a bad one leaves it.</summary>
    static void DamageFile(string file, Chaos chaos)
    {
        using var stream = new FileStream(file, FileMode.Open);
        var place = chaos.Random.NextInt64(stream.Length / 2);
        if (chaos.Random.Next(2) == 0)
        {
            stream.SetLength(place);
            chaos.Did("file cut short", isOrderly: true);
            return;
        }

        var garbage = new byte[Math.Min(64, stream.Length - place)];
        chaos.Random.NextBytes(garbage);
        stream.Position = place;
        stream.Write(garbage);
        chaos.Did("file overwritten in part", isOrderly: true);
    }
}
