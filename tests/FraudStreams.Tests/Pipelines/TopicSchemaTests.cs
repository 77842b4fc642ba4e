using FraudStreams.Configuration;
using FraudStreams.Messaging.Kafka;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Schemas;
using FraudStreams.Pipelines;
using FraudStreams.Simulation.Generation;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.Messaging.Kafka;
using FraudStreams.Tests.Messaging.Sqlite;
using FraudStreams.Tests.Storage;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Pipelines;

[Trait("Category", "Unit")]
public sealed class TopicSchemaTests : IDisposable
{
    static readonly TransactionSchema Cards = SchemaFile.Read("cards"), Paysim = SchemaFile.Read("paysim");

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_folder_without_topics_fits_every_schema_and_asking_creates_nothing()
    {
        await CheckAsync(Paysim);

        Directory.GetFileSystemEntries(_folder).ShouldBeEmpty();
    }

    [Fact]
    public async Task Payments_of_the_schema_fit_and_those_of_another_are_refused_with_both_names()
    {
        await PublishAsync(TopicNames.Transactions, "no payment", CardPayment());

        await CheckAsync(Cards);
        var refusal = await Should.ThrowAsync<SettingsException>(() => CheckAsync(Paysim));

        refusal.Message.ShouldBe($"the topics in {_folder.Path} hold payments of schema cards, and this is paysim: give --schema cards, or another folder with --data");
    }

    [Fact]
    public async Task Predictions_of_a_schema_of_ones_own_are_known_by_their_models_version()
    {
        await PublishAsync(TopicNames.Predictions, Predictions.Json("t1", version: "small-20260131-120000-2"));

        await CheckAsync(Predictions.Schema);
        var refusal = await Should.ThrowAsync<SettingsException>(() => CheckAsync(Cards));

        refusal.Message.ShouldContain("hold payments of schema small, and this is cards");
    }

    [Fact]
    public async Task Another_schema_of_the_same_name_is_refused_where_it_cannot_read_the_predictions()
    {
        await PublishAsync(TopicNames.Predictions, Predictions.Json("t1", version: "small-20260131-120000"));

        var refusal = await Should.ThrowAsync<SettingsException>(() => CheckAsync(Predictions.SchemaWith(new SchemaField("needed", FieldType.Text))));

        refusal.Message.ShouldContain("hold payments of another schema small than this one");
    }

    [Fact]
    public async Task Predictions_that_tell_no_schema_are_still_refused()
    {
        await PublishAsync(TopicNames.Predictions, Predictions.Json("t1", version: "m1"));

        (await Should.ThrowAsync<SettingsException>(() => CheckAsync(Cards))).Message.ShouldContain("hold payments of another schema than cards");
    }

    [Fact]
    public async Task Records_that_no_schema_can_read_are_left_to_be_rejected()
    {
        await PublishAsync(TopicNames.Transactions, "nonsense", "{}");
        await PublishAsync(TopicNames.Predictions, "nonsense", "{\"model_version\":1}");

        await CheckAsync(Cards);
    }

    static string CardPayment()
    {
        var json = new System.Buffers.ArrayBufferWriter<byte>();
        var generator = new PaymentGenerator(new GeneratorSettings());
        new PaymentWriter(generator).WriteJson(generator.At(0), json);
        return System.Text.Encoding.UTF8.GetString(json.WrittenSpan);
    }

    Task CheckAsync(TransactionSchema schema) => TopicSchema.CheckAsync(SettingsOf.Set($"data={_folder.Path}"), schema, default);

    async Task PublishAsync(string topic, params string[] records)
    {
        await using var log = EmbeddedLog.Open(SettingsOf.Set().Topics.Embedded(_folder), TimeProvider.System);
        await log.PublishAsync(LogOf.Batch(topic, records));
    }
}

[Trait("needs", "kafka")]
[Trait("Category", "Integration")]
public sealed class TopicSchemaOnKafkaTests(SharedBroker broker) : KafkaTest(broker.Servers), IClassFixture<SharedBroker>
{
    [KafkaFact]
    public async Task Topics_of_another_schema_are_refused_with_both_names_and_the_brokers()
    {
        var settings = SettingsOf.Set("topics.kind=kafka", $"topics.kafka.bootstrap-servers={Servers}", $"topics.kafka.prefix={Prefix}", "topics.partitions=3");
        await TopicSchema.CheckAsync(settings, Predictions.Schema, default);
        await using (var topics = Open(partitions: 3))
        {
            await TopicSchema.CheckAsync(settings, Predictions.Schema, default);
            await topics.PublishAsync(LogOf.Batch(TopicNames.Predictions, Predictions.Json("t1", version: "small-20260131-120000")), default);
        }

        await TopicSchema.CheckAsync(settings, Predictions.Schema, default);
        var refusal = await Should.ThrowAsync<SettingsException>(() => TopicSchema.CheckAsync(settings, SchemaFile.Read("cards"), default));

        refusal.Message.ShouldBe(
            $"the topics {Prefix}transactions and {Prefix}predictions at {Servers} hold payments of schema small, and this is cards: "
            + "give --schema small, or other topics with topics.kafka.prefix");
    }
}
