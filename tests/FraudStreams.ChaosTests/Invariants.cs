using Shouldly;

namespace FraudStreams.ChaosTests;

/// <summary>
/// What holds at the end, whatever faults occurred: each payment is one prediction or one rejection, each prediction one row of the store, each
/// predicted fraud one alert and one mail, and every score is the one that an undisturbed run gives.
/// </summary>
static class Invariants
{
    const int Shown = 5;

    public static void Check(Stage stage, Chaos chaos, Ledger ledger, VerdictsById expected)
    {
        var input = stage.Input;
        ShouldBeOnce(ledger.Transactions.Select(transaction => transaction.Id), "transactions");
        ShouldBeTheSame(
            ledger.Transactions.Select(transaction => transaction.Id), stage.IsRekeyed ? input.GoodIds : input.GoodIds.Concat(input.BadIds), "transactions beside the input's rows");
        ShouldBeTheSame(ledger.Predictions.Select(prediction => prediction.Id), input.GoodIds, "predictions beside the readable rows");
        ShouldBeTheSame(ledger.Rejected.Select(rejected => rejected.Id), input.BadIds, "rejected records beside the unreadable rows");
        if (stage.PublishesOnce || !chaos.MayRepeatPredictions)
        {
            ShouldBeOnce(ledger.Predictions.Select(prediction => prediction.Id), "predictions");
            ShouldBeOnce(ledger.Rejected.Select(rejected => rejected.Id), "rejected");
        }

        var unexpected = ledger.Predictions.Where(prediction => !expected.Allow(prediction.Id, prediction.Verdict)).ToList();
        unexpected.Count.ShouldBe(0, $"predictions that an undisturbed run does not give, such as {string.Join(", ", unexpected.Take(Shown))}");

        ShouldBeOnce(ledger.Stored.Select(row => row.Id), "rows of the store");
        ShouldBeTheSame(ledger.Stored.Select(row => row.Id), input.GoodIds, "rows of the store beside the readable rows");
        var first = ledger.Predictions.ToLookup(prediction => prediction.Id);
        var changed = ledger.Stored.Where(row => !first[row.Id].Any(p => p.Verdict.Score.Equals(row.Score) && p.Verdict.IsFraud == row.IsFraud)).ToList();
        changed.Count.ShouldBe(0, $"rows of the store with a score that was not predicted, such as {string.Join(", ", changed.Take(Shown))}");

        // Of a payment that two versions predicted, since a host died between its predictions and its commit, the store keeps the first; people hear of a fraud
        // whichever said so.
        var frauds = ledger.Predictions.Where(prediction => prediction.Verdict.IsFraud).Select(prediction => prediction.Id).ToHashSet();
        frauds.Count.ShouldBeGreaterThan(0);
        ShouldBeOnce(ledger.Alerts.Select(alert => alert.Id), "alerts");
        ShouldBeTheSame(ledger.Alerts.Select(alert => alert.Id), frauds, "alerts beside predicted frauds");
        ShouldBeTheSame(ledger.Mails, frauds, "mails beside predicted frauds");
        ledger.ExtraMails.ShouldBeLessThanOrEqualTo(chaos.Crashes, "extra mails: one may be in flight at each crash");
    }

    static void ShouldBeOnce(IEnumerable<string> ids, string what)
    {
        var repeated = ids.GroupBy(id => id).Where(same => same.Count() > 1).Select(same => same.Key).ToList();
        repeated.Count.ShouldBe(0, $"{what} that are there more than once, such as {string.Join(", ", repeated.Take(Shown))}");
    }

    static void ShouldBeTheSame(IEnumerable<string> found, IEnumerable<string> expected, string what)
    {
        var missing = expected.ToHashSet();
        var beyond = found.ToHashSet();
        var both = missing.Intersect(beyond).ToList();
        missing.ExceptWith(both);
        beyond.ExceptWith(both);
        (missing.Count + beyond.Count).ShouldBe(
            0, $"{what}: {missing.Count} missing, such as [{string.Join(", ", missing.Take(Shown))}], {beyond.Count} beyond them, such as [{string.Join(", ", beyond.Take(Shown))}]");
    }
}
