using System.Net;
using System.Net.Sockets;
using FraudStreams.Api;
using FraudStreams.Configuration;
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
    [InlineData("example.org")]
    public void An_address_beyond_this_machine_is_refused_with_the_reason(string host)
    {
        var refusal = Should.Throw<SettingsException>(() => SettingsOf.Set($"api.host={host}"));

        refusal.Message.ShouldContain($"fraudstreams.api.host = {host}: it must be an address of this machine alone");
        refusal.Message.ShouldContain("without keys");
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

        second.EndPoint.Port.ShouldBeGreaterThan(first.EndPoint.Port);
        first.EndPoint.Address.ShouldBe(IPAddress.Loopback);
        taken.Message.ShouldContain($"fraudstreams.api.port = {first.EndPoint.Port}: nothing can listen there");
        taken.Message.ShouldContain("auto for the next free one");
        client.Connected.ShouldBeTrue();
    }
}
