using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FraudStreams.Model.Evaluation.Promotion;

/// <summary>
/// The paired bootstrap of two models on the same payments. Whole cards are drawn, since a card's payments are not independent, and separately those with a
/// fraud and those without, so that each draw has about as many frauds as there were: clustered by card, stratified by label. Eight draws are measured at
/// once: a card's payments add its weights in all of them in one step.
/// </summary>
sealed class PairedBootstrap
{
    public const int Draws = 1000;

    static readonly int s_atOnce = Vector256<int>.Count;

    readonly int[] _cardOf;
    readonly int[] _withFraud, _without;
    readonly RankedPayments _champion, _challenger;
    readonly SegmentCounts _segments;

    /// <summary>Cards with the champion's alerts (the challenger's, where the champion gives none): at so many both are compared.</summary>
    readonly (int Card, int Alerts)[] _alerts;

    /// <summary>By card, how often it is in each of the draws that are measured at once.</summary>
    readonly int[] _weights;

    /// <param name="payments">At least one is a fraud.</param>
    public PairedBootstrap(ReadOnlySpan<GatePayment> payments, AmountBands bands)
    {
        var numbers = new Dictionary<long, int>();
        _cardOf = new int[payments.Length];
        for (var row = 0; row < payments.Length; row++)
        {
            if (!numbers.TryGetValue(payments[row].Card, out var number))
                numbers.Add(payments[row].Card, number = numbers.Count);
            _cardOf[row] = number;
        }

        var championAlerts = false;
        foreach (var payment in payments)
            championAlerts |= payment.ChampionAlerts;
        var hasFraud = new bool[numbers.Count];
        var alerts = new int[numbers.Count];
        for (var row = 0; row < payments.Length; row++)
        {
            hasFraud[_cardOf[row]] |= payments[row].IsFraud;
            alerts[_cardOf[row]] += (championAlerts ? payments[row].ChampionAlerts : payments[row].ChallengerAlerts) ? 1 : 0;
        }

        _alerts = [.. alerts.Index().Where(card => card.Item > 0)];
        _withFraud = [.. Enumerable.Range(0, numbers.Count).Where(card => hasFraud[card])];
        _without = [.. Enumerable.Range(0, numbers.Count).Where(card => !hasFraud[card])];
        _champion = new RankedPayments(payments, _cardOf, payment => payment.Champion);
        _challenger = new RankedPayments(payments, _cardOf, payment => payment.Challenger);
        _segments = new SegmentCounts(payments, _cardOf, numbers.Count, bands);
        _weights = new int[numbers.Count * s_atOnce];
    }

    /// <summary>Both models on the payments as they are.</summary>
    public PairedMeasure Measured()
    {
        Array.Fill(_weights, 1);
        return Measure()[0];
    }

    /// <summary>The same on each draw. A seed gives the same draws.</summary>
    public IEnumerable<PairedMeasure> Drawn(ulong seed)
    {
        for (var first = 0; first < Draws; first += s_atOnce)
        {
            Array.Clear(_weights);
            for (var draw = 0; draw < s_atOnce; draw++)
            {
                Draw(_withFraud, draw, ref seed);
                Draw(_without, draw, ref seed);
            }

            foreach (var measure in Measure())
                yield return measure;
        }
    }

    void Draw(int[] cards, int draw, ref ulong seed)
    {
        for (var card = 0; card < cards.Length; card++)
            _weights[(cards[(int)Math.BigMul(Next(ref seed), (ulong)cards.Length, out _)] * s_atOnce) + draw]++;
    }

    PairedMeasure[] Measure()
    {
        var alerts = new long[s_atOnce];
        foreach (var (card, given) in _alerts)
        {
            for (var draw = 0; draw < s_atOnce; draw++)
                alerts[draw] += (long)_weights[(card * s_atOnce) + draw] * given;
        }

        var (champion, challenger) = (Measure(_champion, alerts), Measure(_challenger, alerts));
        return
        [
            .. Enumerable.Range(0, s_atOnce).Select(draw => new PairedMeasure(
                champion.Precision[draw], challenger.Precision[draw], champion.Recall[draw], challenger.Recall[draw], _segments.Measure(_weights.AsSpan(draw), s_atOnce))),
        ];
    }

    (double[] Precision, double[] Recall) Measure(RankedPayments ranked, long[] alerts)
    {
        var (precision, recall) = (new double[s_atOnce], new double[s_atOnce]);
        ranked.Measure(MemoryMarshal.Cast<int, Vector256<int>>(_weights), alerts, precision, recall);
        return (precision, recall);
    }

    /// <summary>SplitMix64 (Steele, Lea, Flood 2014).</summary>
    static ulong Next(ref ulong state)
    {
        var value = state += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}

/// <summary>Both models on the same payments; segments by their number.</summary>
readonly record struct PairedMeasure(
    double ChampionPrecision, double ChallengerPrecision, double ChampionRecall, double ChallengerRecall, IReadOnlyList<SegmentRecall> Segments)
{
    public double PrecisionDifference => ChallengerPrecision - ChampionPrecision;

    public double RecallDifference => ChallengerRecall - ChampionRecall;
}
