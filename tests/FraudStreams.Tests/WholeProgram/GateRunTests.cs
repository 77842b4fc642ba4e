using FraudStreams.Model.Models;
using FraudStreams.ModelOps;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

[Collection(WholeProgramCollection.Second)]
[Trait("Category", "Integration")]
public sealed class GateRunTests
{
    [Fact]
    public async Task A_running_stream_looks_at_the_gate_trains_a_challenger_and_a_command_judges_it()
    {
        using var folder = new StreamFolder(payments: 12_000);
        string[] settings =
        [
            "--set", "models.promotion=suggest", "--set", "models.gate.every=1s", "--set", "models.gate.label-delay=1h", "--set", "models.retrain.min-new-labels=1000",
            "--set", "models.retrain.cool-down=0s",
            "--set", "model.trees=20", "--set", "speeds.speed_1=1500/s",
        ];
        await using var run = folder.Start(["run", "--input", folder.Input, .. settings]);

        await run.LineAsync("scores in the champion's shadow from now on");
        await run.LineAsync("has not passed the gate");
        await run.InterruptAsync();
        (await run.ExitAsync()).ShouldBe(0, run.Errors);
        await using var gate = await folder.RunAsync("models", "gate", "--report", "gate.html", "--json");

        (await gate.ExitAsync()).ShouldBe(0, gate.Errors);
        var report = gate.Json();
        report.GetProperty("state").GetString().ShouldBe("not_yet");
        report.GetProperty("champion").GetString().ShouldBe(TrainedModel.Loaded.Version);
        var challenger = ModelArtifact.Load(new LocalModels(folder.Data, TimeProvider.System).FolderOf(report.GetProperty("challenger").GetString()!));
        challenger.Card.Training.To.ShouldBe(report.GetProperty("trained_to").GetDateTimeOffset());
        (await File.ReadAllTextAsync(folder.File("gate.html"))).ShouldContain("<h1>Not yet</h1>");
    }
}
