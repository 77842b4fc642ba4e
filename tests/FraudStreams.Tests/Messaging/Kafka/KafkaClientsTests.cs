using Confluent.Kafka;
using FraudStreams.Messaging.Kafka;
using FraudStreams.Tests.Configuration;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Messaging.Kafka;

/// <summary>The clients for queries; no broker has to answer for these.</summary>
[Trait("Category", "Unit")]
public class KafkaClientsTests
{
    [Fact]
    public void Closing_waits_until_no_client_and_none_of_its_threads_is_left()
    {
        var settings = SettingsOf.Set("topics.kind=kafka", "topics.kafka.bootstrap-servers=\"127.0.0.1:1\"").Topics.Kafka.ShouldNotBeNull();
        var clients = new KafkaClients(settings, new LastClientError());
        var set = clients.Rent();
        var (admin, observer) = (set.Admin, set.ObserverOf("g"));
        clients.Return(set, isStale: true);
        var second = clients.Rent();
        var other = second.Admin;
        clients.Return(second, isStale: false);

        clients.Dispose();

        Should.Throw<ObjectDisposedException>(() => admin.GetMetadata(TimeSpan.FromMilliseconds(1)));
        Should.Throw<ObjectDisposedException>(() => observer.GetWatermarkOffsets(new TopicPartition("t", 0)));
        Should.Throw<ObjectDisposedException>(() => other.GetMetadata(TimeSpan.FromMilliseconds(1)));
    }
}
