using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Json;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps;
using FraudStreams.Simulation.Generation;
using FraudStreams.Tests.Configuration;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

[Collection(WholeProgramCollection.Second)]
[Trait("Category", "Integration")]
public sealed class BadRecordsTests
{
    const int Good = 2_000;
    const int Bad = 4_000;

    /// <summary>Kinds of bad records, each with the reject code that it has to get.</summary>
    static readonly (string Code, Func<string, byte[]> Spoil)[] Kinds =
    [
        (RejectCodes.NotAnObject, _ => Utf8("this is no JSON")),
        (RejectCodes.NotAnObject, _ => Utf8("[1,2,3]")),
        (RejectCodes.NotJson, _ => []),
        (RejectCodes.Truncated, good => Utf8(good[..(good.Length / 2)])),
        (RejectCodes.NotJson, good => Utf8(good[..^1] + ",}")),
        (RejectCodes.MissingField, good => Changed(good, json => json.Remove("trans_num"))),
        (RejectCodes.EmptyField, good => Changed(good, json => json["trans_num"] = "")),
        (RejectCodes.NotFinite, good => Changed(good, json => json["amt"] = "NaN")),
        (RejectCodes.NotFinite, good => Changed(good, json => json["amt"] = "Infinity")),
        (RejectCodes.NotFinite, good => Replaced(good, "amt", "1e999")),
        (RejectCodes.NotJson, good => Replaced(good, "amt", "NaN")),
        (RejectCodes.WrongType, good => Changed(good, json => json["amt"] = true)),
        (RejectCodes.WrongType, good => Changed(good, json => json["amt"] = "a lot")),
        (RejectCodes.NestedValue, good => Changed(good, json => json["merchant"] = new JsonObject { ["name"] = "x" })),
        (RejectCodes.DuplicateField, good => Utf8($$"""{"amt":1,{{good[1..]}}""")),
        (RejectCodes.NotATime, good => Changed(good, json => json["unix_time"] = "yesterday")),
        (RejectCodes.ReservedField, good => Changed(good, json => json["score"] = 0.1)),
        (RejectCodes.NotUtf8, good => CutInTheMiddleOfACharacter(good)),
    ];

    [Fact]
    public async Task Bad_records_are_rejected_with_reason_and_bytes_and_none_stops_the_stream()
    {
        using var folder = new StreamFolder(payments: 1);
        var random = new Random(7);
        var (records, bad) = Mixed(random);
        await PublishAsync(folder, records);

        await using var run = await folder.RunAsync("run", "--roles", "score,alert,store", "--until-drained");

        (await run.ExitAsync()).ShouldBe(0, run.Errors);
        folder.ShouldHoldAll(records.Count, bad.Count);
        var rejected = EmbeddedLog.ReadRecords(folder.Data, TopicNames.Rejected).Select(record => RejectedRecord.Read(record.Value).ShouldNotBeNull()).ToList();
        rejected.Count.ShouldBe(bad.Count);
        rejected.Where(record => record.Reason.Code != bad[record.Offset].Code)
            .Select(record => $"{bad[record.Offset].Code} was taken for {record.Reason.Code}: {record.Reason.Message}").Distinct().ShouldBeEmpty();
        rejected.ShouldAllBe(record => record.Reason.Message.Length > 0 && record.Reason.Message.Length < 1000);
        rejected.Count(record => record.Original.Span.SequenceEqual(bad[record.Offset].Bytes)).ShouldBe(bad.Count);
    }

    [Fact]
    public async Task A_record_of_maximum_size_is_scored_and_one_byte_more_is_rejected()
    {
        var longest = SettingsOf.Set().Topics.MaxRecordBytes;
        using var folder = new StreamFolder(payments: 1);
        PutInService(folder, TrainedModel.Loaded.Card with { Version = "all-fraud", Threshold = new ModelThreshold(0, "a test's") });
        var payments = Scoring.Payments.Json(2);
        await PublishAsync(folder, [Padded(payments[0], longest), Padded(payments[1], longest + 1)]);

        await using var run = await folder.RunAsync("run", "--roles", "score,alert,store", "--until-drained");

        (await run.ExitAsync()).ShouldBe(0, run.Errors);
        folder.ShouldHoldAll(rows: 2, rejected: 1).Alerts.ShouldBe(1);
        folder.ShouldHoldOneMailForEachAlert();
        new FileInfo(folder.Mails().ShouldHaveSingleItem()).Length.ShouldBeLessThan(10_000);
    }

    static void PutInService(StreamFolder folder, ModelCard card)
    {
        var local = new LocalModels(folder.Data, TimeProvider.System);
        ModelArtifact.Write(local.Directory, new ScoringModel(card, TrainedModel.Loaded.Scorer));
        local.Promote(card.Version, "a test's");
    }

    /// <summary>The record with a merchant's name so long that it has that many bytes.</summary>
    static byte[] Padded(byte[] good, int bytes) => Utf8(Encoding.UTF8.GetString(good)
        .Replace("\"merchant\":\"", "\"merchant\":\"" + new string('m', bytes - good.Length)));

    static (List<byte[]> Records, Dictionary<long, (string Code, byte[] Bytes)> Bad) Mixed(Random random)
    {
        var generator = new PaymentGenerator(TrainedModel.Generator(seed: 3));
        var writer = new PaymentWriter(generator);
        var records = new List<byte[]>();
        var bad = new Dictionary<long, (string, byte[])>();
        var json = new ArrayBufferWriter<byte>();
        for (var number = 0; number < Good + Bad; number++)
        {
            json.ResetWrittenCount();
            writer.WriteJson(generator.At(number), json);
            if (number % 3 == 0)
            {
                records.Add(json.WrittenSpan.ToArray());
                continue;
            }

            var (code, spoil) = number == 4 ? (RejectCodes.TooLong, TwoMegabytes) : Kinds[random.Next(Kinds.Length)];
            bad.Add(records.Count, (code, spoil(Encoding.UTF8.GetString(json.WrittenSpan))));
            records.Add(bad[records.Count].Item2);
        }

        bad.Values.Select(record => record.Item1).Distinct().Count().ShouldBe(Kinds.Select(kind => kind.Code).Distinct().Count() + 1);
        return (records, bad);
    }

    static async Task PublishAsync(StreamFolder folder, List<byte[]> records)
    {
        await using var topics = EmbeddedMessageLog.Open(SettingsOf.Set().Topics.Embedded(folder.Data), TimeProvider.System, _ => { });
        foreach (var chunk in records.Chunk(500))
        {
            var outgoing = new RecordBatch();
            foreach (var record in chunk)
                outgoing.Add(TopicNames.Transactions, [], record);
            await topics.PublishAsync(outgoing, default);
        }
    }

    static byte[] TwoMegabytes(string good) => Changed(good, json => json["merchant"] = new string('m', 2 << 20));

    static byte[] CutInTheMiddleOfACharacter(string good)
    {
        var bytes = Utf8(good.Replace("\"merchant\":\"", "\"merchant\":\"é"));
        var first = Array.IndexOf(bytes, (byte)0xC3);
        return [.. bytes.AsSpan(0, first + 1), .. bytes.AsSpan(first + 2)];
    }

    static byte[] Replaced(string good, string field, string literal)
    {
        var start = good.IndexOf($"\"{field}\":", StringComparison.Ordinal) + field.Length + 3;
        return Utf8(good[..start] + literal + good[good.IndexOf(',', start)..]);
    }

    static byte[] Changed(string good, Action<JsonObject> change)
    {
        var json = JsonNode.Parse(good)!.AsObject();
        change(json);
        return Utf8(json.ToJsonString());
    }

    static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
