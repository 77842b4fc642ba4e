using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FraudStreams.Api;
using FraudStreams.Configuration;
using FraudStreams.Privacy;
using FraudStreams.Tests.Configuration;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Api;

[Trait("Category", "Unit")]
public sealed class ApiSettingsTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("192.168.1.7")]
    public void An_address_beyond_this_machine_needs_authentication(string host)
    {
        var refusal = Should.Throw<SettingsException>(() => SettingsOf.Set($"api.host={host}"));

        refusal.Message.ShouldContain($"fraudstreams.api.host = {host}: nothing listens beyond this machine without authentication");
        refusal.Message.ShouldContain("Set fraudstreams.api.keys = on");
        refusal.Message.ShouldContain("fraudstreams keys add NAME --role viewer");
        refusal.Message.ShouldContain("fraudstreams.api.oidc.issuer");
        SettingsOf.Set($"api.host={host}", "api.keys=on").Api.Address.ShouldBe(IPAddress.Parse(host));
        SettingsOf.Set($"api.host={host}", "api.oidc.issuer=https://login.example.org").Api.IsAuthenticated.ShouldBeTrue();
    }

    [Fact]
    public void A_host_that_is_no_address_is_refused() =>
        Should.Throw<SettingsException>(() => SettingsOf.Set("api.host=example.org")).Message.ShouldContain("fraudstreams.api.host = example.org: it must be an address of this machine");

    [Theory]
    [InlineData("http://login.example.org")]
    [InlineData("login.example.org")]
    public void An_issuer_on_an_open_line_is_refused(string issuer) =>
        Should.Throw<SettingsException>(() => SettingsOf.Set($"api.oidc.issuer={issuer}")).Message.ShouldContain($"fraudstreams.api.oidc.issuer = {issuer}: it must be empty, or the issuer's address: https");

    [Fact]
    public void A_certificate_that_cannot_be_used_is_named_with_what_would_be_right()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder, "server.pem");
        File.WriteAllText(file, "not a certificate");

        var missing = Should.Throw<SettingsException>(() => SettingsOf.Set($"api.tls.certificate-file={file}.none"));
        var wrong = Should.Throw<SettingsException>(() => SettingsOf.Set($"api.tls.certificate-file={file}"));
        var alone = Should.Throw<SettingsException>(() => SettingsOf.Set($"api.tls.key-file={file}"));

        foreach (var refusal in (SettingsException[])[missing, wrong])
        {
            refusal.Message.ShouldContain("fraudstreams.api.tls.certificate-file = ");
            refusal.Message.ShouldContain("fraudstreams.api.tls.key-file");
            refusal.Message.ShouldContain("FRAUDSTREAMS_TLS_PASSWORD");
        }

        alone.Message.ShouldContain("name its file in fraudstreams.api.tls.certificate-file");
    }

    [Fact]
    public void The_production_example_has_keys_TLS_and_tokens_and_no_key_that_is_unknown()
    {
        using var folder = new TemporaryFolder();
        CardTokenKeys.Rotate(Path.Combine(folder, "token.key"));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(TimeProvider.System.GetUtcNow(), TimeProvider.System.GetUtcNow().AddDays(1));
        File.WriteAllText(Path.Combine(folder, "server.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "server.key"), key.ExportPkcs8PrivateKeyPem());
        var conf = Repository.Read("hocon/production.conf").Replace("/etc/fraudstreams", folder, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder, "production.conf"), conf);
        File.Copy(Repository.PathOf("hocon/kafka.conf"), Path.Combine(folder, "kafka.conf"));

        var settings = FraudSettings.From(new ConfigLayers(Path.Combine(folder, "production.conf"), [], environment: new Dictionary<string, string>(), directory: folder).Load());

        settings.Api.TakesKeys.ShouldBeTrue();
        settings.Api.Tls.ShouldNotBeNull().Certificate.HasPrivateKey.ShouldBeTrue();
        settings.Privacy.IsOn.ShouldBeTrue();
        settings.Topics.Kafka.ShouldNotBeNull();
        settings.Store.Postgres.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("localhost", "127.0.0.1")]
    [InlineData("127.0.0.5", "127.0.0.5")]
    [InlineData("::1", "::1")]
    public void An_address_of_this_machine_is_taken(string host, string address) => SettingsOf.Set($"api.host={host}").Api.Address.ShouldBe(IPAddress.Parse(address));

    [Fact]
    public void A_port_is_auto_or_a_number()
    {
        SettingsOf.Set().Api.Port.ShouldBeNull();
        SettingsOf.Set("api.port=9000").Api.Port.ShouldBe(9000);
        foreach (var port in (string[])["70000", "-1", "80a", "next"])
            Should.Throw<SettingsException>(() => SettingsOf.Set($"api.port={port}")).Message.ShouldContain($"fraudstreams.api.port = {port}: it must be auto, or a port");
    }

    [Fact]
    public void Two_processes_get_two_ports_and_a_port_set_by_hand_that_is_taken_stops_the_start()
    {
        using var first = ApiListener.Open(SettingsOf.Set().Api);
        using var second = ApiListener.Open(SettingsOf.Set().Api);
        var taken = Should.Throw<SettingsException>(() => ApiListener.Open(SettingsOf.Set($"api.port={first.EndPoint.Port}").Api));
        using var client = new TcpClient();
        client.Connect(second.EndPoint);

        second.EndPoint.Port.ShouldNotBe(first.EndPoint.Port);
        first.EndPoint.Address.ShouldBe(IPAddress.Loopback);
        taken.Message.ShouldContain($"fraudstreams.api.port = {first.EndPoint.Port}: nothing can listen there");
        taken.Message.ShouldContain("auto for the next free one");
        client.Connected.ShouldBeTrue();
    }
}
