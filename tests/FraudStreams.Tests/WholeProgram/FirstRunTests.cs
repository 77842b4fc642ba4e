using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Pipelines;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

[Collection(WholeProgramCollection.Name)]
[Trait("Category", "Integration")]
public sealed class FirstRunTests : IDisposable
{
    static readonly string[] Arguments =
        ["--set", "model.first-run.payments=5000", "--set", "model.trees=30", "--set", "simulate.fraud-share=0.05", "--set", "speeds.speed_1=500/s"];

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    string Data => Path.Combine(_folder, "fraudstreams-data");

    [Fact]
    public async Task A_first_run_trains_a_model_and_a_restart_continues_without_duplicates()
    {
        await using var first = FraudStreamsProcess.Start(_folder, Arguments);
        await first.LineAsync("ALERT");
        await using var beside = await FraudStreamsProcess.RunAsync(_folder, "status", "--json");
        await first.InterruptAsync();
        (await first.ExitAsync()).ShouldBe(0, first.Errors);
        var between = StreamFolder.StatusOf(Data).ShouldNotBeNull();
        await using var without = await FraudStreamsProcess.RunAsync(_folder, "status", "--json");

        await using var second = FraudStreamsProcess.Start(_folder, Arguments);
        await second.LineAsync("ALERT");

        // It may have been of a payment of the first run.
        await Eventually.TrueAsync(() => StreamFolder.StatusOf(Data) is { } status && status.Transactions > between.Transactions, limitSeconds: 60, everyMilliseconds: 20);
        await second.TerminateAsync();
        (await second.ExitAsync()).ShouldBe(0, second.Errors);

        first.Output.ShouldContain("average precision");
        first.Output.ShouldContain("Ctrl-C: draining what is in flight");
        first.Output.ShouldContain("everything in flight is finished and committed");
        beside.Json().GetProperty("alerts").GetInt64().ShouldBeGreaterThan(0);
        without.Json().GetProperty("transactions").GetInt64().ShouldBe(between.Transactions);
        ShouldBeDrained(between);
        second.Output.ShouldContain($"goes on after payment {5_000 + between.Transactions}");
        second.Output.ShouldNotContain("average precision");
        var end = StreamFolder.StatusOf(Data).ShouldNotBeNull();
        ShouldBeDrained(end);
        end.Transactions.ShouldBeGreaterThan(between.Transactions);
        var ids = EmbeddedLog.ReadRecords(Data, TopicNames.Transactions).Select(IdOf).ToList();
        ids.ShouldBeUnique();
        ids.Count.ShouldBe((int)end.Transactions);
    }

    [Fact]
    public async Task A_signal_during_the_first_training_ends_it_and_leaves_no_half_model()
    {
        await using var run = FraudStreamsProcess.Start(_folder, ["--set", "model.first-run.payments=2000000"]);
        await run.LineAsync("Learning the categories");

        await run.InterruptAsync();

        (await run.ExitAsync()).ShouldBe(1);
        run.Errors.ShouldContain("stopped before it was done");
        Directory.GetFileSystemEntries(Path.Combine(Data, "models")).Select(path => Path.GetFileName(path)).ShouldBe([".first.lock"]);
    }

    /// <summary>All payments that were produced went through every pipeline before the end.</summary>
    static void ShouldBeDrained(FolderStatus status)
    {
        status.Predictions.ShouldBeLessThanOrEqualTo(status.Transactions);
        status.Lag["score"].ShouldBe(status.Transactions - status.Predictions);
        status.Lag["store"].ShouldBe(status.Predictions - status.Stored);
        status.Alerts.ShouldBeLessThanOrEqualTo(status.PredictedFrauds);
    }

    static string IdOf(TopicRecord record) =>
        System.Text.Json.JsonDocument.Parse(record.Value).RootElement.GetProperty("trans_num").GetString()!;
}
