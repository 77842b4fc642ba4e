using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Streams;
using Akka.Streams.Dsl;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Kafka;
using FraudStreams.Tests.Messaging.Sqlite;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Messaging.Kafka;

/// <summary>A broker that speaks TLS only, with a certificate of its own.</summary>
[Trait("needs", "kafka")]
[Trait("Category", "Integration")]
public sealed class KafkaTlsTests(TlsBroker broker) : KafkaTest(broker.Broker.Servers), IClassFixture<TlsBroker>
{
    [OwnKafkaFact]
    public async Task With_the_brokers_certificate_trusted_records_are_published_and_read()
    {
        await using var topics = KafkaMessageLog.Open(Trusting(broker.Certificate, seconds: 40), Layout(2), Log);

        await topics.PublishAsync(Payments(1, 50), default);
        var consumer = Consume(topics, "score");

        await Until(() => consumer.Records.Count == 50);
        await consumer.StopAsync();
        (await topics.StatusAsync(default)).Of("score", "transactions").Lag.ShouldBe(0);
    }

    [OwnKafkaFact]
    public async Task An_untrusted_certificate_fails_the_start_with_address_and_reason()
    {
        using var folder = new TemporaryFolder();
        using var stranger = TlsBroker.NewCertificate();
        var other = Path.Combine(folder, "other.pem");
        await File.WriteAllTextAsync(other, stranger.ExportCertificatePem());

        var failure = Should.Throw<MessageLogException>(() => KafkaMessageLog.Open(Trusting(other), Layout(1), Log));

        failure.Message.ShouldContain($"No Kafka broker at {Servers} answers within 8 s");
        failure.Message.ShouldContain("certificate verify failed");
    }

    [OwnKafkaFact]
    public async Task A_client_without_TLS_times_out_with_the_brokers_address()
    {
        var failure = Should.Throw<MessageLogException>(() => KafkaMessageLog.Open(Settings(Servers, "timeout = 8s"), Layout(1), Log));

        failure.Message.ShouldContain($"No Kafka broker at {Servers} answers within 8 s");
        await Task.CompletedTask;
    }

    [OwnKafkaFact]
    public async Task A_refused_consumer_fails_its_stream_with_broker_topic_and_group()
    {
        using var folder = new TemporaryFolder();
        using var stranger = TlsBroker.NewCertificate();
        var other = Path.Combine(folder, "other.pem");
        await File.WriteAllTextAsync(other, stranger.ExportCertificatePem());

        var failure = await Should.ThrowAsync<MessageLogException>(KafkaGroupSource.Create(Trusting(other), "payments", "score", 1, Log)
            .RunWith(Sink.Ignore<KafkaPartitionSource>(), Actors.Materializer()));

        failure.Message.ShouldContain($"consuming payments in group score from {Servers} failed");
        failure.Message.ShouldContain("certificate verify failed");
    }

    /// <param name="seconds">Enough for a broker that has just started to refuse a handshake.</param>
    KafkaSettings Trusting(string certificate, int seconds = 8) =>
        Settings(Servers, $"timeout = {seconds}s, client {{ security.protocol = SSL, ssl.ca.location = \"{certificate}\" }}");
}

/// <summary>Creates the certificate before the broker starts with it.</summary>
public sealed class TlsBroker : IAsyncLifetime
{
    const string Password = "changeit";

    readonly TemporaryFolder _folder = new();

    public TlsBroker() => Broker = new KafkaBroker(port =>
    [
        $"listeners=SSL://127.0.0.1:{port}", $"advertised.listeners=SSL://127.0.0.1:{port}",
        "listener.security.protocol.map=CONTROLLER:PLAINTEXT,SSL:SSL", "inter.broker.listener.name=SSL",
        .. ((string[])["keystore", "truststore"]).SelectMany(store => (string[])
            [$"ssl.{store}.location={KeyStore}", $"ssl.{store}.password={Password}", $"ssl.{store}.type=PKCS12"]),
    ]);

    public KafkaBroker Broker { get; }

    /// <summary>The certificate that a client has to trust.</summary>
    public string Certificate => Path.Combine(_folder, "ca.pem");

    string KeyStore => Path.Combine(_folder, "broker.p12");

    public async Task InitializeAsync()
    {
        using var certificate = NewCertificate();
        await File.WriteAllTextAsync(Certificate, certificate.ExportCertificatePem());
        await File.WriteAllBytesAsync(KeyStore, certificate.Export(X509ContentType.Pkcs12, Password));
        await Broker.InitializeAsync();
    }

    public async Task DisposeAsync()
    {
        await Broker.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>A self-signed certificate for 127.0.0.1.</summary>
    public static X509Certificate2 NewCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
    }
}
