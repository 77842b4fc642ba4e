using FraudStreams.Alerting.Outbox;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting.Outbox;

[Trait("Category", "Unit")]
public sealed class AlertJournalSettingsTests
{
    [Fact]
    public void A_journal_in_SQLite_has_one_writer_which_waits_for_no_other()
    {
        var journal = new AlertJournalSettings(null, TimeSpan.FromDays(7)).ToAkka("data");

        journal.GetInt("akka.persistence.journal.sql.parallelism").ShouldBe(1);
        journal.GetString("akka.persistence.journal.sql.provider-name").ShouldBe("SQLite.MS");
    }
}
