using System.Text;
using FraudStreams.Alerting;
using FraudStreams.Alerting.Outbox;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting.Outbox;

[Trait("Category", "Unit")]
public sealed class AlertJournalErasureTests
{
    [Theory]
    [InlineData("12345678", "txn-9912345678-1")]
    [InlineData("12345678", "1234 5678")]
    [InlineData("customer1", "customer10-0017")]
    [InlineData("20261130", "t-1")]
    public void Alerts_of_other_cards_keep_what_has_the_card_in_it(string card, string id) =>
        new AlertJournalErasure([card]).Without(Raised("another card", id)).ShouldBeNull();

    [Theory]
    [InlineData("12345678", "txn-12345678-1", "txn-****5678-1")]
    [InlineData("customer1", "customer1/17", "****/17")]
    public void Alerts_of_other_cards_lose_the_card_where_it_stands_by_itself(string card, string id, string erased) =>
        Alert(new AlertJournalErasure([card]).Without(Raised("another card", id))).TransactionId.ShouldBe(erased);

    [Theory]
    [InlineData("4111111111111111", "pay4111 1111 1111 1111x", "pay****1111x")]
    [InlineData("customer1", "customer10", "****0")]
    public void Alerts_of_the_card_lose_it_in_whatever_way_it_is_written(string card, string id, string erased)
    {
        var alert = Alert(new AlertJournalErasure([card]).Without(Raised(card, id)));

        alert.TransactionId.ShouldBe(erased);
        Encoding.UTF8.GetString(Convert.FromBase64String(alert.Key)).ShouldStartWith("****");
    }

    static byte[] Raised(string card, string id) =>
        new AlertRaised(new Alert(id, "t-1", 0.9, Convert.ToBase64String(Encoding.UTF8.GetBytes(card)), null), ["mail"], new DateTimeOffset(2026, 11, 30, 0, 0, 0, TimeSpan.Zero)).ToBytes();

    static Alert Alert(byte[]? json) => ((AlertRaised)OutboxEvent.From(json.ShouldNotBeNull())).Alert;
}
