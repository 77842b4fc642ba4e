namespace FraudStreams.Model.Evaluation.Promotion;

/// <summary>
/// Evidence that the challenger ranks frauds higher than the champion does, valid however often it is looked at. A bettor puts his wealth, 1 at first, on "the
/// challenger ranks this one higher" at even odds, one bet a card. If it does in at most half of the cases, the wealth is a non-negative supermartingale, so
/// that the chance that it ever reaches 1/α is at most α (Ville's inequality; Shafer 2021, Ramdas et al. 2023 call it an e-process). The wealth is the mean of
/// nine bettors', who believe in 55, 60, … 95% and stake accordingly.
/// </summary>
/// <remarks>
/// A card is bet on once, by all of its frauds of the first day that it has some: a stolen card's payments come in a burst that a model catches or misses as
/// one, and counting each would take one piece of luck for many. Frauds that neither model ranks above 95% of the legitimate payments do not count: nobody
/// would be alerted to them. A day's bets are made when it is over; later days are only appended, so earlier bets stay as they are.
/// </remarks>
public sealed class BettingEvidence
{
    const int Bettors = 9;

    /// <summary>Frauds of lower rank, by both models, are found by neither at any number of alerts that people can take.</summary>
    const double Found = 0.05;

    readonly FraudRanks _ranks = new();
    readonly double[] _logWealth = new double[Bettors];
    readonly HashSet<long> _cards = [];

    /// <summary>Cards whose frauds the challenger ranked higher.</summary>
    public int Wins { get; private set; }

    /// <summary>Cards whose frauds the champion ranked higher.</summary>
    public int Losses { get; private set; }

    /// <summary>The wealth: 1 without a bet, never below 0. At most 1e12, which is beyond any doubt.</summary>
    public double Value
    {
        get
        {
            var most = _logWealth.Max();
            return Math.Min(1e12, Math.Exp(most) * _logWealth.Sum(log => Math.Exp(log - most)) / Bettors);
        }
    }

    /// <summary>Takes the next payment, in the order of event time.</summary>
    public void Add(GatePayment payment)
    {
        if (_ranks.Add(payment) is not { Length: > 0 } settled)
            return;
        foreach (var frauds in settled.Where(fraud => Math.Min(fraud.Champion, fraud.Challenger) <= Found).GroupBy(fraud => fraud.Fraud.Card))
        {
            var lead = frauds.Sum(fraud => Math.Log(fraud.Champion / fraud.Challenger));
            if (lead != 0)
                Bet(frauds.Key, lead > 0);
        }
    }

    /// <summary>Bets on a card's frauds, unless it was bet on before.</summary>
    internal void Bet(long card, bool isChallengerHigher)
    {
        if (!_cards.Add(card))
            return;
        for (var bettor = 0; bettor < Bettors; bettor++)
        {
            var belief = 0.55 + (bettor * 0.05);
            _logWealth[bettor] += Math.Log(2 * (isChallengerHigher ? belief : 1 - belief));
        }

        (Wins, Losses) = isChallengerHigher ? (Wins + 1, Losses) : (Wins, Losses + 1);
    }
}
