using FraudStreams.Access;
using FraudStreams.Access.Audit;
using FraudStreams.Api;
using FraudStreams.Dashboard.Payments;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Storage;
using FraudStreams.Tests.Access;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Dashboard;

[Trait("Category", "Unit")]
public sealed class SecretFieldsTests
{
    [Fact]
    public async Task Fields_are_shown_once_who_asked_and_why_is_written_down()
    {
        using var folder = new TemporaryFolder();
        await using var topics = AccessOf.Topics(folder);
        var audit = new AuditLog(topics);
        var secrets = new SecretFields(new PaymentLookup(new OnePayment(), TrainedModel.Schema), audit, TimeProvider.System);

        var shown = await secrets.ShowAsync("p1", "ann", "the customer asks", default);

        shown.ShouldContain(("cc_num", "4000000000000002"));
        shown.ShouldContain(("street", "12 Long Road"));
        shown.Select(field => field.Name).ShouldNotContain("merchant");
        var entry = (await audit.ReadAuditAsync(default)).ShouldHaveSingleItem();
        (entry.Actor, entry.Action, entry.Subject, entry.Why).ShouldBe(("ann", "payment.unmasked", "p1", "the customer asks"));
        (await Should.ThrowAsync<RequestException>(() => secrets.ShowAsync("none", "ann", "a typing error", default))).Status.ShouldBe(404);
        (await Should.ThrowAsync<RequestException>(() => secrets.ShowAsync("p1", "ann", "two\nlines", default))).Status.ShouldBe(400);
        (await audit.ReadAuditAsync(default)).Length.ShouldBe(1);
    }

    [Fact]
    public async Task Nothing_is_shown_that_cannot_be_written_down()
    {
        await using var topics = new AccessTopics(() => throw new MessageLogException("the topics are away"), TimeProvider.System);
        var secrets = new SecretFields(new PaymentLookup(new OnePayment(), TrainedModel.Schema), new AuditLog(topics), TimeProvider.System);

        var refusal = await Should.ThrowAsync<RequestException>(() => secrets.ShowAsync("p1", "ann", "the customer asks", default));

        (refusal.Status, refusal.Message).ShouldBe((503, "the topics are away. Nothing is unmasked without that."));
    }

    sealed class OnePayment : IPaymentReader
    {
        public Task<IReadOnlyList<StoredPayment>> FindAsync(PaymentFilter filter, int limit, CancellationToken cancellationToken)
        {
            var schema = TrainedModel.Schema;
            var fields = new object?[schema.Fields.Length];
            foreach (var (name, value) in ((string, object)[])[("trans_num", "p1"), ("cc_num", "4000000000000002"), ("merchant", "a shop"), ("street", "12 Long Road"), ("unix_time", 0L), ("amt", 9.5)])
                fields[schema.IndexOf(name)] = value;
            return Task.FromResult<IReadOnlyList<StoredPayment>>(filter.Id == "p1" ? [new StoredPayment(fields, 0.9, true, "cards-1", 0, null, null, null, null)] : []);
        }

        public Task<IReadOnlyList<ScoredPayment>> LatestScoredAsync(int limit, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<ScoredPayment>>([]);

        public Task<IReadOnlyList<Label>> LabelsOfAsync(string id, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Label>>([]);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
