using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>Window features across restarts: a disturbed run gives the scores of an undisturbed one.</summary>
[Collection(WholeProgramCollection.Third)]
[Trait("Category", "Integration")]
public sealed class MemoryRunTests(MemoryRunTests.Undisturbed undisturbed) : IClassFixture<MemoryRunTests.Undisturbed>
{
    const int Rows = 8_000;

    static readonly string[] SnapshotsOften = ["--set", "memory.snapshot-every=50ms", "--set", "batch.size=100", "--set", "scoring.carry-features=on"];

    static readonly string[] SnapshotsByCount = ["--set", "memory.snapshot-every=1d", "--set", "memory.snapshot-records=500", "--set", "batch.size=100", "--set", "scoring.carry-features=on"];

    [Fact]
    public async Task A_host_killed_repeatedly_scores_as_an_undisturbed_one()
    {
        using var killed = new StreamFolder(Rows);
        foreach (var part in new[] { 0.2, 0.5, 0.8 })
        {
            await using var victim = killed.Start(["run", "--input", killed.Input, .. SnapshotsOften, "--set", "speeds.speed_1=1500/s"]);
            await Eventually.TrueAsync(() => killed.Status() is { } status && status.Predictions > part * Rows, limitSeconds: 60);
            await victim.KillAsync();
        }

        await using var last = await killed.RunAsync(["run", "--input", killed.Input, "--until-drained", .. SnapshotsOften]);
        await using var verified = await killed.RunAsync("features", "verify", "--json");

        (await last.ExitAsync()).ShouldBe(0, last.Errors);
        last.Output.ShouldContain("Windows of transactions/0: snapshot of offset ");
        killed.ShouldHoldAll(Rows);
        Predictions(killed).ShouldBe(undisturbed.Predictions);
        (await verified.ExitAsync()).ShouldBe(0, verified.Errors);
        verified.Json().GetProperty("with_features").GetInt64().ShouldBe(Rows);
    }

    [Fact]
    public async Task A_damaged_snapshot_is_detected_and_windows_rebuilt_from_the_topic()
    {
        using var damaged = new StreamFolder(Rows);
        await using (var victim = damaged.Start(["run", "--input", damaged.Input, .. SnapshotsByCount, "--set", "speeds.speed_1=1500/s"]))
        {
            await Eventually.TrueAsync(() => File.Exists(SnapshotOf(damaged)) && damaged.Status() is { Predictions: > Rows / 2 }, limitSeconds: 60);
            await victim.KillAsync();
        }

        var bytes = await File.ReadAllBytesAsync(SnapshotOf(damaged));
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(SnapshotOf(damaged), bytes);
        await using var last = await damaged.RunAsync(["run", "--input", damaged.Input, "--until-drained", .. SnapshotsOften]);

        (await last.ExitAsync()).ShouldBe(0, last.Errors);
        last.Output.ShouldContain("The snapshot of transactions/0 cannot be used");
        last.Output.ShouldContain("Windows of transactions/0: no snapshot");
        Predictions(damaged).ShouldBe(undisturbed.Predictions);
    }

    [Fact]
    public async Task Verification_names_the_first_feature_that_differs_from_the_log()
    {
        using var folder = new StreamFolder(1_000);
        await using var run = await folder.RunAsync(["run", "--input", folder.Input, "--until-drained", .. SnapshotsOften]);
        var forged = JsonNode.Parse(EmbeddedLog.ReadRecords(folder.Data, TopicNames.Predictions).ElementAt(500).Value.Span)!.AsObject();
        var column = TrainedModel.Loaded.Features.Columns.IndexOf(TrainedModel.Loaded.Features.Columns.Single(column => column.Name == "count_1d"));
        forged["feature_values"]![column] = 77;
        await using (var log = EmbeddedLog.Open(new EmbeddedLogSettings(folder.Data, System.Collections.Immutable.ImmutableSortedDictionary<string, int>.Empty), TimeProvider.System))
        {
            var records = new RecordBatch(1);
            records.Add(TopicNames.Predictions, "card"u8, Encoding.UTF8.GetBytes(forged.ToJsonString()));
            await log.PublishAsync(records);
        }

        await using var verified = await folder.RunAsync("features", "verify");

        (await verified.ExitAsync()).ShouldBe(1);
        verified.Output.ReplaceLineEndings("").ShouldContain($"payment {forged["trans_num"]}");
        verified.Output.ReplaceLineEndings("").ShouldContain("count_1d was 77 and is ");
    }

    [Fact]
    public async Task A_replay_gives_the_streams_scores_of_a_time_range_and_moves_no_group()
    {
        using var folder = new StreamFolder(1_000);
        await using var run = await folder.RunAsync("run", "--input", folder.Input, "--until-drained");
        var streamed = Predictions(folder);
        var before = folder.Status();

        await using var whole = await folder.RunAsync("replay", "--into", "whole.ndjson", "--json");
        await using var side = await folder.RunAsync("replay", "--into", "topic:again", "--json");
        var lines = (await File.ReadAllLinesAsync(folder.File("whole.ndjson"))).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        var middle = DateTimeOffset.FromUnixTimeSeconds(lines[500].GetProperty("unix_time").GetInt64());
        await using var part = await folder.RunAsync("replay", "--into", "part.ndjson", "--from", middle.ToString("O"), "--json");

        whole.Json().GetProperty("replayed").GetInt64().ShouldBe(1_000);
        lines.Select(Scored).Order(StringComparer.Ordinal).ShouldBe(streamed);
        EmbeddedLog.ReadRecords(folder.Data, "again").Select(record => Scored(JsonDocument.Parse(record.Value).RootElement)).Order(StringComparer.Ordinal).ShouldBe(streamed);
        var late = lines.Where(line => line.GetProperty("unix_time").GetInt64() >= middle.ToUnixTimeSeconds()).Select(Scored).ToList();
        (await File.ReadAllLinesAsync(folder.File("part.ndjson"))).Select(line => Scored(JsonDocument.Parse(line).RootElement)).ShouldBe(late);
        late.Count.ShouldBeInRange(1, 999);
        folder.Status().ShouldNotBeNull().Lag.ShouldBe(before!.Lag);
        (await whole.ExitAsync() + await side.ExitAsync() + await part.ExitAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_replay_of_the_store_gives_the_streams_scores_for_unique_times()
    {
        using var folder = new StreamFolder(3_000);
        var lines = await File.ReadAllLinesAsync(folder.Input);
        var time = Array.IndexOf(lines[0].Split(','), "unix_time");
        await File.WriteAllLinesAsync(folder.Input, lines.Skip(1).DistinctBy(line => line.Split(',')[time]).Prepend(lines[0]));
        await using var run = await folder.RunAsync("run", "--input", folder.Input, "--until-drained");
        var streamed = Predictions(folder);
        foreach (var file in Directory.GetFiles(folder.Data, "topics.db*"))
            File.Delete(file);

        await using var whole = await folder.RunAsync("replay", "--from-store", "--into", "whole.ndjson", "--json");
        var replayed = (await File.ReadAllLinesAsync(folder.File("whole.ndjson"))).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        var (from, to) = (At(replayed[1_000]), At(replayed[2_000]));
        await using var part = await folder.RunAsync("replay", "--from-store", "--from", from.ToString("O"), "--to", to.ToString("O"), "--into", "part.ndjson", "--json");

        (await whole.ExitAsync()).ShouldBe(0, whole.Errors);
        (await part.ExitAsync()).ShouldBe(0, part.Errors);
        replayed.Select(Scored).Order(StringComparer.Ordinal).ShouldBe(streamed);
        (await File.ReadAllLinesAsync(folder.File("part.ndjson"))).Select(line => Scored(JsonDocument.Parse(line).RootElement)).ShouldBe(replayed[1_000..2_000].Select(Scored));

        static DateTimeOffset At(JsonElement payment) => DateTimeOffset.FromUnixTimeSeconds(payment.GetProperty("unix_time").GetInt64());
    }

    /// <summary>The predictions of a run of the same payments that nothing disturbs.</summary>
    public sealed class Undisturbed : IAsyncLifetime
    {
        internal IReadOnlyList<string> Predictions { get; private set; } = [];

        public async Task InitializeAsync()
        {
            using var folder = new StreamFolder(Rows);
            await folder.ShouldDoAsync(["run", "--input", folder.Input, "--until-drained", .. SnapshotsOften]);
            Predictions = MemoryRunTests.Predictions(folder);
        }

        public Task DisposeAsync() => Task.CompletedTask;
    }

    static string SnapshotOf(StreamFolder folder) => Path.Combine(folder.Data, "memory", "transactions-0.windows");

    /// <summary>Id, score, prediction and version of each prediction, as written, in the order of ids.</summary>
    static List<string> Predictions(StreamFolder folder) =>
        [.. EmbeddedLog.ReadRecords(folder.Data, TopicNames.Predictions).Select(record => Scored(JsonDocument.Parse(record.Value).RootElement)).Order(StringComparer.Ordinal)];

    static string Scored(JsonElement prediction) => string.Join(' ',
        ((string[])["trans_num", "score", "prediction", "model_version"]).Select(name => prediction.GetProperty(name).GetRawText()));
}
