using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

[Collection(WholeProgramCollection.Name)]
[Trait("Category", "Integration")]
public sealed class UntilDrainedTests(UntilDrainedTests.Drained drained) : IClassFixture<UntilDrainedTests.Drained>
{
    const int Rows = 4_000;

    [Fact]
    public async Task Every_row_of_a_file_is_stored_once_and_every_predicted_fraud_is_alerted()
    {
        var (folder, run) = (drained.Folder, drained.Run);

        (await run.ExitAsync()).ShouldBe(0, run.Errors);
        folder.ShouldHoldAll(Rows);
        folder.ShouldHoldOneMailForEachAlert();
        var printed = run.Json();
        printed.GetProperty("transactions").GetInt64().ShouldBe(Rows);
        printed.GetProperty("predictions").GetInt64().ShouldBe(Rows);
        printed.GetProperty("rejected").GetInt64().ShouldBe(0);
        printed.GetProperty("stored").GetInt64().ShouldBe(Rows);
        printed.GetProperty("alerts").GetInt64().ShouldBe(printed.GetProperty("predicted_frauds").GetInt64());
        printed.GetProperty("model_version").GetString().ShouldBe(TrainedModel.Loaded.Version);
        foreach (var group in (string[])["score", "alert", "store"])
            printed.GetProperty("lag").GetProperty(group).GetInt64().ShouldBe(0);
        run.Errors.ShouldContain("Drained");
    }

    [Fact]
    public async Task A_second_run_of_the_same_file_sends_no_row_again()
    {
        var (folder, first) = (drained.Folder, drained.Run);

        await using var second = await folder.RunAsync("run", "--input", folder.Input, "--until-drained");
        await using var status = await folder.RunAsync("status", "--json");

        (await second.ExitAsync()).ShouldBe(0, second.Errors);
        folder.ShouldHoldAll(Rows);
        status.Output.ShouldBe(first.Output);
    }

    [Fact]
    public async Task Several_partitions_keep_the_rows_of_a_card_in_their_order()
    {
        using var folder = new StreamFolder(Rows);

        await using var run = await folder.RunAsync(
            "run", "--input", folder.Input, "--until-drained", "--set", "topics.partitions=3", "--set", "batch.size=50", "--json");

        (await run.ExitAsync()).ShouldBe(0, run.Errors);
        folder.ShouldHoldAll(Rows);
        var predictions = EmbeddedLog.ReadRecords(folder.Data, TopicNames.Predictions).ToList();
        predictions.Select(prediction => prediction.Partition.Partition).Distinct().Count().ShouldBe(3);
        foreach (var card in predictions.GroupBy(prediction => Convert.ToHexString(prediction.Key.Span)))
        {
            card.Select(prediction => prediction.Partition.Partition).Distinct().ShouldHaveSingleItem();
            card.Select(TimeOf).ShouldBeInOrder();
        }
    }

    /// <summary>A file that was run to its end. Running it again leaves everything as it is.</summary>
    public sealed class Drained : IAsyncLifetime
    {
        internal StreamFolder Folder { get; } = new(Rows);

        internal FraudStreamsProcess Run { get; private set; } = null!;

        public async Task InitializeAsync() => Run = await Folder.RunAsync("run", "--input", Folder.Input, "--until-drained", "--json");

        public async Task DisposeAsync()
        {
            await Run.DisposeAsync();
            Folder.Dispose();
        }
    }

    static long TimeOf(TopicRecord prediction) =>
        System.Text.Json.JsonDocument.Parse(prediction.Value).RootElement.GetProperty("unix_time").GetInt64();
}
