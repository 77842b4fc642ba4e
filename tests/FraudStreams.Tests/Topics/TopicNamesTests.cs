using FraudStreams.Configuration;
using FraudStreams.Pipelines;
using FraudStreams.Tests.Configuration;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Topics;

[Trait("Category", "Unit")]
public sealed class TopicNamesTests
{
    [Fact]
    public void Topics_have_their_own_names_unless_said_otherwise()
    {
        var topics = SettingsOf.Set("topics.names.labels=chargebacks").Topics;

        topics.NameOf(TopicNames.Labels).ShouldBe("chargebacks");
        topics.NameOf(TopicNames.Transactions).ShouldBe("transactions");
        topics.Consumers.Select(consumer => consumer.Group).ShouldBe([ConsumerGroups.Score, ConsumerGroups.Alert, ConsumerGroups.Shadow, ConsumerGroups.Label, ConsumerGroups.Store]);
    }

    [Fact]
    public void What_is_kept_for_ever_is_so_whatever_its_topic_is_called()
    {
        var topics = SettingsOf.Set("topics.names.models=registry").Topics;
        var layout = StreamTopics.Layout(topics) with { Kept = [TopicNames.Drift, TopicNames.Models] };

        RenamedLog.Layout(layout, topics).Kept.ShouldBe(["drift", "registry"]);
    }

    [Fact]
    public void A_topic_of_others_fills_one_of_ours()
    {
        var topics = SettingsOf.Set("topics.names.transactions=payments.v1", "topics.rekey=on", "topics.partitions=3").Topics.WithSource(8);

        topics.NameOf(TopicNames.Source).ShouldBe("payments.v1");
        topics.NameOf(TopicNames.Transactions).ShouldBe("payments.v1-by-card");
        topics.PartitionsOfTopics[TopicNames.Source].ShouldBe(8);
        topics.PartitionsOfTopics[TopicNames.Transactions].ShouldBe(3);
        topics.Consumers.ShouldContain((ConsumerGroups.Rekey, TopicNames.Source));
    }

    [Fact]
    public void The_topic_of_ours_may_be_called_otherwise() =>
        SettingsOf.Set("topics.rekey=on", "topics.rekey-topic=mine").Topics.WithSource(1).NameOf(TopicNames.Transactions).ShouldBe("mine");

    [Theory]
    [InlineData("topics.names.labels=shadow", "shadow is the name of labels and of shadow")]
    [InlineData("topics.names.labels=drift", "topics.names.labels: drift is the name of drift and of labels")]
    [InlineData("topics.rekey-topic=labels", "topics.rekey-topic: labels, which is to be filled by card, is the name of labels already")]
    [InlineData("topics.rekey-topic=transactions", "is the name of transactions already")]
    [InlineData("topics.names.labels=transactions-by-card", "is the name of labels already")]
    [InlineData("topics.names.labels=", "topics.names.labels")]
    [InlineData("topics.names.other=x", "topics.names.other")]
    [InlineData("topics.rekey=perhaps", "topics.rekey")]
    [InlineData("topics.registry.url=nowhere", "topics.registry.url")]
    [InlineData("topics.registry.url=https://me:secret@host", "FRAUDSTREAMS_REGISTRY_PASSWORD")]
    public void What_cannot_be_is_refused_with_its_key(string setting, string why)
    {
        var refusal = Should.Throw<SettingsException>(() => SettingsOf.Set(setting)).Message;

        refusal.ShouldContain(why);
        refusal.ShouldNotContain("secret");
    }
}
