using System.Collections.Immutable;
using FraudStreams.Messaging.Kafka;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Messaging.Kafka;

[Trait("Category", "Unit")]
public sealed class TransactionTimeoutsTests
{
    [Fact]
    public void Timeouts_of_the_settings_are_at_most_a_transactions()
    {
        var properties = ImmutableSortedDictionary<string, string>.Empty
            .Add("message.timeout.ms", "300000").Add("delivery.timeout.ms", "0").Add("socket.timeout.ms", "15000").Add("linger.ms", "60000");

        var limited = KafkaTransactions.Limited(properties);

        limited.ShouldBe([KeyValuePair.Create("delivery.timeout.ms", "15000"), KeyValuePair.Create("message.timeout.ms", "15000")]);
    }
}
