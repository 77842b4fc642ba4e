using System.Text;
using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Rekeying;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.Messaging;
using FraudStreams.Tests.Messaging.Sqlite;
using FraudStreams.Tests.Scoring;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Rekeying;

[Trait("Category", "Unit")]
public sealed class PublishRekeyedTests : ActorTest
{
    [Fact]
    public async Task Records_of_a_partition_that_went_are_its_next_owners()
    {
        using var folder = new TemporaryFolder();
        using var metrics = new StreamMetrics();
        await using var log = EmbeddedMessageLog.Open(LogOf.Settings(folder, partitions: 2, TopicNames.Transactions, TopicNames.Source), TimeProvider.System, _ => { });
        var (gone, kept) = (Queue(0), Queue(1));
        SourceRecord[] batch = [gone.Take(), kept.Take(), gone.Take(), kept.Take()];

        gone.HasGone();
        await PublishAsync(log, metrics, batch);
        await PublishAsync(log, metrics, [batch[0]]);

        (await log.PositionAsync(ConsumerGroups.Rekey, gone.Partition, default)).ShouldBe(0);
        (await log.PositionAsync(ConsumerGroups.Rekey, kept.Partition, default)).ShouldBe(2);
        (await log.StatusAsync(default)).Topics.Single(topic => topic.Topic == TopicNames.Transactions).Appended.ShouldBe(2);
    }

    [Fact]
    public async Task A_partition_that_goes_while_it_is_published_is_left_out_and_the_others_go_on()
    {
        using var folder = new TemporaryFolder();
        using var metrics = new StreamMetrics();
        await using var log = new InterruptedLog(EmbeddedMessageLog.Open(LogOf.Settings(folder, partitions: 2, TopicNames.Transactions, TopicNames.Source), TimeProvider.System, _ => { }))
        {
            RevokedPartition = 0,
        };
        var (gone, kept) = (Queue(0), Queue(1));
        SourceRecord[] batch = [gone.Take(), kept.Take()];
        SourceRecord[] later = [gone.Take(), kept.Take()];

        await PublishAsync(log, metrics, batch);
        log.RevokedPartition = null;
        await PublishAsync(log, metrics, later);

        gone.HasEnded.ShouldBeTrue("what follows of it would leave a gap");
        (await log.PositionAsync(ConsumerGroups.Rekey, gone.Partition, default)).ShouldBe(0);
        (await log.PositionAsync(ConsumerGroups.Rekey, kept.Partition, default)).ShouldBe(2);
        (await log.StatusAsync(default)).Topics.Single(topic => topic.Topic == TopicNames.Transactions).Appended.ShouldBe(2);
    }

    [Fact]
    public async Task With_tokens_no_rejected_record_has_a_card_number_whatever_it_is_written_in()
    {
        const string card = "4485370000007776";
        using var folder = new TemporaryFolder();
        using var metrics = new StreamMetrics();
        using var registry = new FakeRegistry();
        await using var log = EmbeddedMessageLog.Open(LogOf.Settings(folder, partitions: 1, TopicNames.Rejected, TopicNames.Source), TimeProvider.System, _ => { });
        var schema = SchemaFile.Read(ForeignTopic.WriteSchema(folder));
        using var reader = new ReadSource(schema, SettingsOf.Set($"topics.registry.url={registry.Url}").Topics, TimeProvider.System);

        // The length of the text behind the card is a letter of ASCII, as far as the search for numbers sees.
        var texts = registry.Register("""{"type":"record","name":"Texts","fields":[{"name":"pan","type":"string"},{"name":"more","type":"string"}]}""");
        var avro = ForeignTopic.Framed([2 * 16, .. Payments.Utf8(card), (byte)'P', .. Payments.Utf8(new string('x', 40))], texts);
        var numbers = registry.Register("""{"type":"record","name":"Numbers","fields":[{"name":"pan","type":"long"}]}""");
        byte[] zigzag = [0xE0, 0x91, 0xF5, 0xF1, 0xD0, 0xE5, 0xF7, 0x0F];
        byte[][] values =
        [
            avro, ForeignTopic.Framed(zigzag, numbers), [1, .. avro[5..]], ForeignTopic.Framed(avro[5..], 77), Payments.Utf8($$"""{"pan":"{{card}}"}"""),
            ForeignTopic.Framed(Payments.Utf8($$"""{"pan":"{{card}}"}"""), registry.Register("{}", "JSON")),
        ];
        var chunk = await reader.ReadAsync([.. values.Select((value, offset) => new TopicRecord(new TopicPartition(TopicNames.Source, 0), offset, Payments.Utf8(card), value, 0))]);

        await PublishAsync(log, metrics, [.. values.Select(_ => chunk.Take())], new CardTokens(schema, [new CardTokenKey("a1", [.. new byte[32]])]));

        await using var rejected = log.OpenReader(new TopicPartition(TopicNames.Rejected, 0), 0);
        var read = (await rejected.NextAsync(wait: true, default)).Select(record => RejectedRecord.Read(record.Value).ShouldNotBeNull()).ToArray();
        read.Select(record => record.Reason.Code).ShouldBe(["missing-field", "missing-field", "not-an-object", "unknown-schema", "missing-field", "missing-field"]);
        read.Take(4).Select(record => Encoding.UTF8.GetString(record.Original.Span)).ShouldBe(
            values.Take(4).Select(value => $"{value.Length} bytes that are no text are left out: card numbers cannot be found in them"));
        Encoding.UTF8.GetString(read[4].Original.Span).ShouldBe("""{"pan":"************7776"}""");
        Encoding.UTF8.GetString(read[5].Original.Span[5..]).ShouldBe("""{"pan":"************7776"}""");
    }

    Task<Done> PublishAsync(IMessageLog log, StreamMetrics metrics, IReadOnlyList<SourceRecord> batch, CardTokens? tokens = null) =>
        Source.Single(batch).Via(PublishRekeyed.Flow(log, metrics, tokens, TimeProvider.System)).RunWith(Sink.First<Done>(), Sys.Materializer());

    /// <summary>With a chunk of two payments.</summary>
    static PartitionQueue Queue(int partition)
    {
        var queue = new PartitionQueue(new TopicPartition(TopicNames.Source, partition));
        var rows = new TransactionRows(TrainedModel.Schema);
        var reader = new TransactionReader(TrainedModel.Schema);
        var records = Payments.Json(2).Select((json, offset) => new TopicRecord(queue.Partition, offset, default, json, 0)).ToList();
        var chunk = new SourceChunk(records, rows);
        for (var record = 0; record < records.Count; record++)
        {
            reader.Read(records[record].Value.Span, rows).ShouldBeNull();
            chunk.Readable(record);
        }

        queue.Add(chunk);
        return queue;
    }
}
