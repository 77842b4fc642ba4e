using FraudStreams.Configuration;
using FraudStreams.Tests.Scoring;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Rekeying;

/// <summary>The graph of role rekey ends with the failure and is started again, as the pipeline does.</summary>
[Trait("Category", "Unit")]
public sealed class RegistryOutageTests() : ActorTest(ConfigLayers.Reference())
{
    [Fact]
    public async Task A_registry_that_is_away_at_the_start_or_later_loses_and_repeats_nothing()
    {
        using var folder = new TemporaryFolder();
        using var registry = new FakeRegistry { IsAway = true };
        var payments = Payments.Json(60);
        await using var topic = new EmbeddedRekeying(
            Path.Combine(folder, "data"), Sys, ForeignTopic.WriteSchema(folder), $"topics.registry.url={registry.Url}", "topics.registry.timeout=3s");
        var first = registry.Register(ForeignTopic.AvroSchema);
        await topic.PublishAsync(payments[..40].Select(payment => (ForeignTopic.IdOf(payment), ForeignTopic.InAvro(payment, first))));

        (await Should.ThrowAsync<Exception>(topic.RunAsync)).ToString().ShouldContain("gives no answer about schema 1 within 3 s");
        (await topic.ReadAsync(TopicNames.Transactions)).Sum(partition => partition.Count).ShouldBe(0);
        registry.IsAway = false;
        await topic.RunAsync();
        registry.IsAway = true;
        var second = registry.Register(ForeignTopic.AvroSchema.Replace("Payment", "Payment_v2", StringComparison.Ordinal));
        await topic.PublishAsync(payments[40..].Select(payment => (ForeignTopic.IdOf(payment), ForeignTopic.InAvro(payment, second))));
        (await Should.ThrowAsync<Exception>(topic.RunAsync)).ToString().ShouldContain("gives no answer about schema 2 within 3 s");
        registry.IsAway = false;
        await topic.RunAsync();

        (await topic.ReadAsync(TopicNames.Transactions)).SelectMany(partition => partition).Select(record => ForeignTopic.IdOf(record.Value.ToArray())).ShouldBe(payments.Select(ForeignTopic.IdOf), ignoreOrder: true);
        (await topic.ReadAsync(TopicNames.Rejected)).Single().ShouldBeEmpty();
    }
}
