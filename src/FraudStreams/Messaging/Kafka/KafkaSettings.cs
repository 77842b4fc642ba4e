using System.Collections.Immutable;
using Akka.Configuration.Hocon;
using FraudStreams.Configuration;

namespace FraudStreams.Messaging.Kafka;

/// <param name="BootstrapServers">One or more brokers, host:port, separated by commas.</param>
/// <param name="Prefix">Prefix of topic and group names, so that several installations can share a cluster.</param>
/// <param name="Replicas">Replication factor of created topics; null is the broker's default.</param>
/// <param name="Timeout">Timeout of each query to the brokers.</param>
/// <param name="Client">librdkafka's own settings, for every client.</param>
/// <param name="Consumer">The same for consumers of a group.</param>
/// <param name="Producer">The same for producers.</param>
/// <param name="StopTimeout">How long a stopping consumer stays in the group for records that are not committed yet.</param>
/// <param name="RevokeTimeout">How long a partition that is being revoked is held for records that are not committed yet.</param>
/// <param name="Password">The SASL password; empty where none is needed.</param>
public sealed record KafkaSettings(
    string BootstrapServers, string Prefix, short? Replicas, TimeSpan Timeout,
    ImmutableSortedDictionary<string, string> Client, ImmutableSortedDictionary<string, string> Consumer, ImmutableSortedDictionary<string, string> Producer,
    TimeSpan StopTimeout, TimeSpan RevokeTimeout, SecretValue Password)
{
    const string PasswordVariable = "FRAUDSTREAMS_KAFKA_PASSWORD";
    const string PasswordProperty = "sasl.password";

    /// <summary>Where this process answers over HTTP, for the other members of its groups; null: they are not told.</summary>
    public Uri? Announced { get; init; }

    /// <summary>What of a key decides the partition; null: all of it.</summary>
    public KeyPlace? PlaceOf { get; init; }

    /// <summary>The topic, without prefix, whose records may have the ids of their schemas in a header; null: none.</summary>
    public string? SchemaIdTopic { get; init; }

    public static KafkaSettings From(SettingsSection section) => new(
        section.FilledText("bootstrap-servers", "one or more of host:port"),
        section.Text("prefix"),
        section.Text("replicas") == "auto" ? null : (short)section.Int("replicas", 1, 100),
        section.Duration("timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10)),
        ClientFrom(section, "client"),
        ClientFrom(section.Section("consumer"), "client"),
        ClientFrom(section.Section("producer"), "client"),
        section.Section("consumer").Duration("stop-timeout", TimeSpan.Zero, TimeSpan.FromMinutes(10)),
        section.Section("consumer").Duration("revoke-timeout", TimeSpan.Zero, TimeSpan.FromMinutes(10)),
        SecretValue.Read(PasswordVariable, section, "password-file", Environment.GetEnvironmentVariable));

    /// <summary>The settings common to all clients of the cluster.</summary>
    public ImmutableSortedDictionary<string, string> Properties
    {
        get
        {
            var properties = Client.SetItem("bootstrap.servers", BootstrapServers);
            return Password.IsEmpty ? properties : properties.SetItem(PasswordProperty, Password.Reveal());
        }
    }

    public ImmutableSortedDictionary<string, string> ProducerProperties =>
        Properties.SetItems(Producer).SetItem("enable.idempotence", "true").SetItem("acks", "all");

    /// <param name="group">The group id, with the prefix.</param>
    /// <param name="withHeaders">Whether records come with their headers, which cost something for each.</param>
    public ImmutableSortedDictionary<string, string> ConsumerProperties(string group, bool withHeaders = false) => Announcing(Properties.SetItems(Consumer))
        .SetItem("group.id", group)
        .SetItem("auto.offset.reset", "earliest")
        .SetItem("enable.auto.commit", "false")
        .SetItem("enable.auto.offset.store", "false")
        .SetItem("enable.partition.eof", "true")
        .SetItem("dotnet.consumer.consume.result.fields", withHeaders ? "timestamp,topic,headers" : "timestamp,topic");

    ImmutableSortedDictionary<string, string> Announcing(ImmutableSortedDictionary<string, string> consumer) =>
        Announced is null ? consumer : consumer.SetItem("client.id", MemberAddress.ToClientId(Announced));

    static ImmutableSortedDictionary<string, string> ClientFrom(SettingsSection section, string key)
    {
        var client = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        Collect(section.Value(key), "", client);
        if (client.ContainsKey(PasswordProperty))
        {
            throw new SettingsException(
                $"{section.PathOf(key)}.{PasswordProperty}: a password does not belong here; set it in {PasswordVariable} or topics.kafka.password-file");
        }

        return client.ToImmutable();
    }

    static void Collect(HoconValue? value, string path, ImmutableSortedDictionary<string, string>.Builder client)
    {
        if (value is null)
            return;
        if (!value.IsObject())
        {
            client[path] = value.GetString() ?? "";
            return;
        }

        foreach (var (key, inner) in value.GetObject()!.Items)
            Collect(inner, path.Length == 0 ? key : $"{path}.{key}", client);
    }
}
