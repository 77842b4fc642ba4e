using System.Collections.Immutable;
using System.Text;
using FraudStreams.Access;
using FraudStreams.Access.Audit;
using FraudStreams.Configuration;
using FraudStreams.Hosting;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Schemas;
using FraudStreams.Pipelines;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.Rekeying;
using FraudStreams.Tests.Scoring;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Hosting;

[Trait("Category", "Unit")]
public sealed class RekeyDecisionTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_topic_under_its_own_name_is_ours() => (await DecideAsync()).Mode.ShouldBe(RekeyMode.Off);

    [Fact]
    public async Task A_topic_keyed_by_card_is_scored_as_it_is()
    {
        await WriteAsync(4, payment => CardOf(payment));

        (await DecideAsync("topics.names.transactions=payments.v1", "topics.partitions=4")).Mode.ShouldBe(RekeyMode.Off);
    }

    [Fact]
    public async Task A_topic_keyed_by_id_is_re_keyed()
    {
        await WriteAsync(4, ForeignTopic.IdOf);

        var (mode, why) = await DecideAsync("topics.names.transactions=payments.v1", "topics.partitions=4");

        mode.ShouldBe(RekeyMode.On);
        why.ShouldContain("is not its cc_num");
    }

    [Fact]
    public async Task A_topic_with_other_partitions_is_re_keyed()
    {
        await WriteAsync(4, payment => CardOf(payment));

        (await DecideAsync("topics.names.transactions=payments.v1", "topics.partitions=2")).Mode.ShouldBe(RekeyMode.On);
    }

    [Fact]
    public async Task The_first_decision_is_that_of_all_hosts_and_later_starts()
    {
        string[] settings = ["topics.names.transactions=payments.v1", "topics.partitions=4"];
        (await DecideAsync(settings)).Mode.ShouldBe(RekeyMode.On, "nothing is there that could be looked at");

        await WriteAsync(4, payment => CardOf(payment));

        (await DecideAsync(settings)).Mode.ShouldBe(RekeyMode.On);
    }

    [Fact]
    public async Task Fields_from_other_places_are_read_where_they_are_re_keyed_alone()
    {
        var schema = SchemaFile.Read(ForeignTopic.WriteSchema(_folder));

        (await DecideAsync(schema)).Mode.ShouldBe(RekeyMode.On);
        (await Should.ThrowAsync<SettingsException>(() => DecideAsync(schema, "topics.rekey=off"))).Message.ShouldContain("topics.rekey = off, and schema cards has fields from other places");
    }

    Task<(RekeyMode Mode, string Why)> DecideAsync(params string[] set) => DecideAsync(TrainedModel.Schema, set);

    async Task<(RekeyMode Mode, string Why)> DecideAsync(TransactionSchema schema, params string[] set)
    {
        var settings = SettingsOf.Set(set) with { DataDirectory = _folder };
        await using var access = new AccessTopics(() => StreamTopics.OpenAccess(settings, NullLogger.Instance, TimeProvider.System), TimeProvider.System);
        var audit = new AuditLog(access);
        var decided = await RekeyDecision.MakeAsync(settings, schema, audit, TimeProvider.System, CancellationToken.None);
        (decided.Topics.SourcePartitions is not null).ShouldBe(decided.Topics.Rekey.Mode == RekeyMode.On);
        return (decided.Topics.Rekey.Mode, (await audit.ReadAuditAsync(CancellationToken.None)).FirstOrDefault(entry => entry.Action == RekeyDecision.Action)?.Why ?? "");
    }

    async Task WriteAsync(int partitions, Func<byte[], string> key)
    {
        await using var log = EmbeddedLog.Open(new EmbeddedLogSettings(_folder, ImmutableSortedDictionary<string, int>.Empty.Add(ForeignTopic.Name, partitions)), TimeProvider.System);
        var batch = new RecordBatch();
        foreach (var payment in Payments.Json(50))
            batch.Add(ForeignTopic.Name, Encoding.UTF8.GetBytes(key(payment)), payment);
        await log.PublishAsync(batch);
    }

    static string CardOf(byte[] payment) => System.Text.Json.Nodes.JsonNode.Parse(payment)!["cc_num"]!.GetValue<string>();
}
