using System.Text;
using FraudStreams.Privacy;
using FraudStreams.Topics;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Privacy;

[Trait("Category", "Unit")]
public sealed class PiiAuditTests
{
    [Fact]
    public void A_card_is_found_in_the_journal_of_alerts_where_it_is_in_base64()
    {
        var audit = new PiiAudit(TrainedModel.Schema);

        audit.Journal("journal", Encoding.UTF8.GetBytes($$$"""{"$type":"raised","alert":{"transaction_id":"a","key":"{{{Convert.ToBase64String("4485370000007776"u8)}}}"}}"""));
        audit.Journal("journal", """{"alert":{"key":"KioqKjc3NzY="}}"""u8);
        audit.Journal("journal", "a manifest"u8);

        audit.Report().Findings.ShouldBe([new PiiFinding("journal", PiiAudit.CardNumber, 1)]);
    }

    [Fact]
    public void Secrets_of_payments_are_found_in_alerts_and_not_in_snapshots_and_a_limit_is_said()
    {
        var audit = new PiiAudit(TrainedModel.Schema, mostSecrets: 1);
        Take(TopicNames.Transactions, """{"street":"12 Long Road"}""");
        Take(TopicNames.Predictions, """{"street":"12 Long Road"}""");
        audit.Report().SecretsLimit.ShouldBeNull("all were taken");
        Take(TopicNames.Predictions, """{"street":"13 Long Road"}""");
        audit.KnowSecrets();
        Take(PiiAudit.Snapshots, "12 Long Road");
        audit.Report().IsClean.ShouldBeTrue();
        Take(TopicNames.Alerts, "sent to 12 Long Road");

        var report = audit.Report();
        report.Findings.ShouldBe([new PiiFinding(TopicNames.Alerts, PiiAudit.SecretField, 1)]);
        report.SecretsLimit.ShouldBe(1);

        void Take(string topic, string value) => audit.Record(topic, topic, default, Encoding.UTF8.GetBytes(value));
    }
}
