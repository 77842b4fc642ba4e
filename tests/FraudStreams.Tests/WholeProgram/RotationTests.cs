using System.Text.Json;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Privacy;
using FraudStreams.Tests.Api;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>A rotation of the key of card tokens between two runs of a stream with several partitions.</summary>
[Collection(WholeProgramCollection.Third)]
[Trait("Category", "Integration")]
public sealed class RotationTests
{
    const int Payments = 600;

    /// <summary>Snapshots often, so that one is read that was written before the rotation, and records after it that were, too.</summary>
    static readonly string[] s_set = ["topics.partitions=3", "memory.snapshot-records=40", "batch.wait=5ms", "roles=[score, store, api]"];

    [Fact]
    public async Task Scores_after_a_rotation_are_those_without_one_bit_for_bit()
    {
        using var folder = new StreamFolder(Payments);
        using var plain = new StreamFolder(Payments);
        var key = folder.File("token.key");
        var payments = ProtocolsTests.JsonOf(folder.Input);
        string[] set = [.. s_set, "privacy.card-token=on", $"privacy.token-key-file={key}"];
        var expected = await RecordAsync(plain, payments, s_set);

        CardTokenKeys.Rotate(key);
        var before = await RecordAsync(folder, payments[..(Payments / 2)], set);
        CardTokenKeys.Rotate(key);
        var after = await RecordAsync(folder, payments[(Payments / 2)..], set);

        before.Concat(after).ShouldBe(expected);
        var cards = EmbeddedLog.ReadRecords(folder.Data, TopicNames.Predictions).Select(record => JsonElement.Parse(record.Value.Span).GetProperty("cc_num").GetString()!).ToList();
        var keys = File.ReadLines(key).Where(line => line[0] != '#').Select(line => line[..line.IndexOf(':', StringComparison.Ordinal)]).ToArray();
        cards.Count(card => card.StartsWith($"tok_{keys[1]}_", StringComparison.Ordinal)).ShouldBe(Payments / 2);
        cards.Count(card => card.StartsWith($"tok_{keys[0]}_", StringComparison.Ordinal)).ShouldBe(Payments / 2);
    }

    /// <summary>The scores of the stream, which are also those that it says beforehand.</summary>
    static async Task<List<double>> RecordAsync(StreamFolder folder, string[] payments, string[] set)
    {
        await using var host = await RunningApi.StartAsync(folder, set);
        await Eventually.TrueAsync(async () => (await host.PostAsync("/predict", $"[{string.Join(',', payments)}]")).Status == 200);
        var scores = new List<double>();
        foreach (var part in payments.Chunk(60))
        {
            var list = $"[{string.Join(',', part)}]";
            var asked = Scores(await host.AskAsync("/predict", list));
            Scores(await host.AskAsync("/predict?mode=record", list)).ShouldBe(asked);
            scores.AddRange(asked);
        }

        return scores;
    }

    static List<double> Scores(JsonElement answer) => [.. answer.GetProperty("predictions").EnumerateArray().Select(prediction => prediction.GetProperty("score").GetDouble())];
}
