using Akka.Configuration;
using Akka.Streams.Kafka.Settings;
using Confluent.Kafka;
using Shouldly;
using Xunit;
using Config = Akka.Configuration.Config;

namespace Akka.Tests.Kafka;

public sealed class SettingsTests() : Akka.TestKit.Xunit2.TestKit(Given)
{
    static readonly Config Given = ConfigurationFactory.ParseString(
        """
        akka.kafka.consumer { poll-timeout = 70ms, stop-timeout = 7s, kafka-clients { fetch.wait.max.ms = 30, client.id = a } }
        akka.kafka.producer { flush-timeout = 3s, kafka-clients { linger.ms = 4 } }
        """);

    [Fact]
    public void A_consumer_has_the_keys_of_its_section_over_the_packages_defaults()
    {
        var settings = ConsumerSettings<Null, string>.Create(Sys, null, Deserializers.Utf8);

        settings.PollTimeout.ShouldBe(TimeSpan.FromMilliseconds(70));
        settings.StopTimeout.ShouldBe(TimeSpan.FromSeconds(7));
        settings.BufferSize.ShouldBeGreaterThan(0);
        settings.GetProperty("fetch.wait.max.ms").ShouldBe("30");
        settings.ValueDeserializer.ShouldBe(Deserializers.Utf8);
    }

    [Fact]
    public void What_is_set_on_settings_is_in_the_new_ones_and_the_old_ones_stay_as_they_were()
    {
        var before = ConsumerSettings<Null, string>.Create(Sys, null, Deserializers.Utf8).WithGroupId("g1");

        var after = before.WithBootstrapServers("broker:9092").WithGroupId("g2").WithProperty("client.id", "b");

        (after.GroupId, after.GetProperty("bootstrap.servers"), after.GetProperty("client.id")).ShouldBe(("g2", "broker:9092", "b"));
        (before.GroupId, before.GetProperty("client.id")).ShouldBe(("g1", "a"));
        after.PollTimeout.ShouldBe(before.PollTimeout);
    }

    [Fact]
    public void A_producer_has_the_keys_of_its_section()
    {
        var settings = ProducerSettings<Null, string>.Create(Sys, null, Serializers.Utf8).WithBootstrapServers("broker:9092");

        settings.FlushTimeout.ShouldBe(TimeSpan.FromSeconds(3));
        settings.Properties["linger.ms"].ShouldBe("4");
        settings.Properties["bootstrap.servers"].ShouldBe("broker:9092");
    }
}
