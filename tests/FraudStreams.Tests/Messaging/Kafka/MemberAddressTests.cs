using FraudStreams.Messaging;
using FraudStreams.Messaging.Kafka;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Messaging.Kafka;

[Trait("Category", "Unit")]
public sealed class MemberAddressTests
{
    [Theory]
    [InlineData("http://127.0.0.1:8080/")]
    [InlineData("https://host1.example.org:8443/")]
    [InlineData("http://[::1]:8080/")]
    public void A_client_id_says_where_its_process_answers(string address) =>
        MemberAddress.Of(MemberAddress.ToClientId(new Uri(address))).ShouldBe(new PartitionOwner(Environment.MachineName, new Uri(address)));

    [Theory]
    [InlineData("rdkafka")]
    [InlineData("")]
    [InlineData("fraudstreams@machine")]
    [InlineData("fraudstreams@machine@not an address")]
    [InlineData("fraudstreams@machine@file:///etc/passwd")]
    [InlineData("another@machine@http://127.0.0.1:8080/")]
    public void A_client_id_that_says_nothing_of_it_is_nobodys_address(string clientId) => MemberAddress.Of(clientId).ShouldBeNull();
}
