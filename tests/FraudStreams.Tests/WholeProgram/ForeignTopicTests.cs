using System.Text;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Json;
using FraudStreams.Tests.Rekeying;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>
/// A topic of others, keyed by ids over four partitions, nested and in Avro, gives the scores of our own, bit for bit. No card has two payments of the same moment
/// there: which of two came first, in two partitions, nobody knows.
/// </summary>
[Collection(WholeProgramCollection.Second)]
[Trait("Category", "Integration")]
public sealed class ForeignTopicTests
{
    const int Rows = 3_000;

    [Fact]
    public async Task A_topic_of_others_nested_or_in_Avro_gives_the_scores_of_ours()
    {
        using var plain = new StreamFolder(Rows);
        var lines = await File.ReadAllLinesAsync(plain.Input);
        var (card, time) = (Array.IndexOf(lines[0].Split(','), "cc_num"), Array.IndexOf(lines[0].Split(','), "unix_time"));
        await File.WriteAllLinesAsync(plain.Input, [lines[0], .. lines.Skip(1).DistinctBy(line => (line.Split(',')[card], line.Split(',')[time]))]);
        await using var own = await plain.RunAsync("run", "--input", plain.Input, "--until-drained", "--roles", "simulate,score");
        (await own.ExitAsync()).ShouldBe(0, own.Errors);
        var payments = EmbeddedLog.ReadRecords(plain.Data, TopicNames.Transactions).Select(record => record.Value.ToArray()).ToList();
        var expected = plain.ScoresOf(plain.Data);

        // Away at the start, for as many tries of the pipeline: in each the client asks once, for all partitions.
        using var registry = new FakeRegistry { AwayFor = 4 };
        var id = registry.Register(ForeignTopic.AvroSchema);
        var older = ForeignTopic.AvroSchema.Replace(""",{"name":"reference","type":"string"}""", "");
        older.ShouldNotBe(ForeignTopic.AvroSchema);
        var schema = ForeignTopic.WriteSchema(plain.Path);

        var (nested, _) = await RunAsync(plain, "nested", payments.Select(payment => (ForeignTopic.IdOf(payment), ForeignTopic.Nested(payment))), "--schema", schema);
        var (avro, said) = await RunAsync(
            plain, "avro",
            [
                .. payments.Select(payment => (ForeignTopic.IdOf(payment), ForeignTopic.InAvro(payment, id))),
                ("deleted", []),
                ("unknown", ForeignTopic.InAvro(payments[0], 77)),
                ("older", ForeignTopic.InAvro(payments[0], registry.Register(older), older)),
                ("cut", ForeignTopic.InAvro(payments[0], id)[..40]),
                ("kind", ForeignTopic.Framed(payments[0], registry.Register("syntax = \"proto3\";", "PROTOBUF"))),
            ],
            "--schema", schema, "--set", $"topics.registry.url={registry.Url}", "--set", "restart.min-backoff=50ms");

        said.ShouldContain($"The schema registry at {registry.Url} gives no answer about schema 1");
        plain.ScoresOf(nested).ShouldBe(expected, ignoreOrder: true);
        plain.ScoresOf(avro).ShouldBe(expected, ignoreOrder: true);
        Rejected(nested).ShouldBeEmpty();
        var reasons = Rejected(avro).ToDictionary(rejected => rejected.Key, rejected => rejected.Record);
        reasons.ToDictionary(of => of.Key, of => of.Value.Reason.Code).ShouldBe(
            new Dictionary<string, string>
            {
                ["unknown"] = RejectCodes.UnknownSchema,
                ["older"] = RejectCodes.MissingField,
                ["cut"] = RejectCodes.NotAvro,
                ["kind"] = RejectCodes.UnknownSchema,
            },
            ignoreOrder: true);
        reasons["unknown"].Reason.Message.ShouldBe($"{registry.Url} has no schema 77");
        reasons["older"].Reason.Message.ShouldBe("trans_num: is missing");
        reasons["older"].Topic.ShouldBe(ForeignTopic.Name);
        reasons["cut"].Original.ToArray().ShouldBe(ForeignTopic.InAvro(payments[0], id)[..40]);
        EmbeddedLog.ReadStatus(nested)!.Topics.ShouldContain(topic => topic.Topic == "payments.v1-by-card" && topic.Partitions == 3 && topic.Appended == payments.Count);
    }

    [Fact]
    public async Task Topics_have_other_names_and_a_card_in_two_partitions_is_said()
    {
        using var folder = new StreamFolder(payments: 500);
        await using var first = await folder.RunAsync("run", "--input", folder.Input, "--until-drained", "--roles", "simulate,score");
        var payments = EmbeddedLog.ReadRecords(folder.Data, TopicNames.Transactions).Select(record => record.Value.ToArray()).ToList();
        var data = folder.File("named");
        TrainedModel.PutInService(data);
        await ForeignTopic.WriteAsync(data, payments.Select(payment => (ForeignTopic.IdOf(payment), payment)));
        string[] named =
        [
            "--data", data, "--set", $"topics.names.transactions={ForeignTopic.Name}", "--set", "topics.names.predictions=scores.v1", "--set", "topics.names.rejected=bad.v1", "--set", "topics.rekey=off",
            "--set", $"topics.partitions={ForeignTopic.Partitions}",
        ];

        await using var run = await folder.RunAsync(["run", "--until-drained", "--roles", "score,store", "--json", .. named]);
        await using var status = await folder.RunAsync(["status", "--json", .. named]);

        (await run.ExitAsync()).ShouldBe(0, run.Errors);
        run.Json().GetProperty("predictions").GetInt64().ShouldBe(payments.Count);
        run.Errors.ShouldContain($"payments of one card are in {ForeignTopic.Name}/");
        status.Json().GetProperty("stored").GetInt64().ShouldBe(payments.Count);
        status.Json().GetProperty("lag").GetProperty("score").GetInt64().ShouldBe(0);
        EmbeddedLog.ReadStatus(data)!.Topics.Select(topic => topic.Topic).ShouldBe(
            ["alerts", "bad.v1", "drift", "labels", "models", ForeignTopic.Name, "scores.v1", "shadow", "undelivered"], ignoreOrder: true);
    }

    static async Task<(string Data, string Said)> RunAsync(StreamFolder folder, string name, IEnumerable<(string Key, byte[] Value)> records, params string[] arguments)
    {
        var data = folder.File(name);
        TrainedModel.PutInService(data);
        await ForeignTopic.WriteAsync(data, records);
        await using var run = await folder.RunAsync(
        [
            "run", "--until-drained", "--roles", "rekey,score", "--data", data, "--set", $"topics.names.transactions={ForeignTopic.Name}", "--set", "topics.partitions=3", .. arguments,
        ]);
        (await run.ExitAsync()).ShouldBe(0, $"{run.Output}\n{run.Errors}");
        return (data, run.Output);
    }

    static IEnumerable<(string Key, RejectedRecord Record)> Rejected(string data) =>
        EmbeddedLog.ReadRecords(data, TopicNames.Rejected).Select(record => (Encoding.UTF8.GetString(record.Key.Span), RejectedRecord.Read(record.Value)!));
}
