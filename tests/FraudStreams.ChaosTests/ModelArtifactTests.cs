using FraudStreams.ModelOps;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit.Abstractions;

namespace FraudStreams.ChaosTests;

/// <summary>The files of the model in service are damaged: before a start, under a running process, and at a promotion.</summary>
public sealed class ModelArtifactTests(ITestOutputHelper output) : ChaosTest(output)
{
    const int Failed = 1;

    static readonly int s_payments = ChaosForm.Of(6_000, 50_000);

    [ChaosFact(Parts.Embedded)]
    public Task A_damaged_model_is_fetched_again_at_the_next_start() => PlayAsync(
        "model damaged while running", Parts.Embedded, 80, s_payments,
        async (stage, chaos) =>
        {
            var champion = PutSecondInService(stage.Folder);
            await using (var run = stage.Start("run", "--input", stage.Input.Csv, "--set", "speeds.speed_1=2000/s"))
            {
                await stage.ReachAsync(progress => progress.Scored > 0, "a first score", run);
                Damage(champion, chaos);
                var before = await stage.ReachAsync(_ => true, "an answer", run);
                await stage.ReachAsync(progress => progress.Scored >= Math.Min(before.Scored + 1000, stage.Input.Rows), "more scores", run);
                run.Output.ShouldNotContain("is damaged");
                await run.KillAsync();
                chaos.Did("kill -9", mayRepeatMails: true);
            }

            await using var next = stage.Start("run", "--input", stage.Input.Csv, "--until-drained");
            (await next.ExitAsync(ChaosForm.LimitSeconds)).ShouldBe(0, next.Errors);
            next.Errors.ShouldContain("is damaged");
            next.Errors.ShouldContain("and fetched again from the registry");
            chaos.Afterwards.Add(ledger => ledger.Predictions.Select(prediction => prediction.Model).Distinct().ShouldBe([Path.GetFileName(champion)]));
        },
        SecondsVerdictsAsync);

    [ChaosFact(Parts.Embedded)]
    public Task A_start_without_a_usable_model_names_the_fault_and_consumes_nothing() => PlayAsync(
        "no usable model at start", Parts.Embedded, 81, s_payments, async (stage, chaos) =>
        {
            var local = new LocalModels(stage.Folder.Data, TimeProvider.System);
            var champion = local.FolderOf(local.ChampionVersion!);
            foreach (var file in (string[])[.. Directory.GetFiles(champion), Path.Combine(local.Directory, "champion.json")])
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
        var local = new LocalModels(folder.Data, TimeProvider.System);
        var second = TrainedModel.Train(local, seed: 2);
        local.Promote(second.Version, "a test's second");
        return local.FolderOf(second.Version);
    }

    static async Task<VerdictsById> SecondsVerdictsAsync(ChaosInput input) =>
        VerdictsById.Of(await input.QuietVerdictsAsync("second", folder => PutSecondInService(folder)));

    static void Damage(string version, Chaos chaos)
    {
        foreach (var file in Directory.GetFiles(version))
            DamageFile(file, chaos);
    }

    /// <summary>Truncated or overwritten in the middle, as by a full or faulty disk.</summary>
    static void DamageFile(string file, Chaos chaos)
    {
        using var stream = new FileStream(file, FileMode.Open);
        var position = chaos.Random.NextInt64(stream.Length / 2);
        if (chaos.Random.Next(2) == 0)
        {
            stream.SetLength(position);
            chaos.Did("file cut short", isOrderly: true);
            return;
        }

        var garbage = new byte[Math.Min(64, stream.Length - position)];
        chaos.Random.NextBytes(garbage);
        stream.Position = position;
        stream.Write(garbage);
        chaos.Did("file overwritten in part", isOrderly: true);
    }
}
