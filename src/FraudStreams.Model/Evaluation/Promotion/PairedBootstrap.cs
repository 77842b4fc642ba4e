namespace FraudStreams.Model.Evaluation.Promotion;

/// <summary>
/// The paired bootstrap of two models on the same payments. Whole cards are drawn, since a card's payments are not independent, and separately those with a
/// fraud and those without, so that each draw has about as many frauds as there were: clustered by card, stratified by label.
/// </summary>
sealed class PairedBootstrap
{
    public const int Draws = 1000;

    readonly int[] _cardOf;
    readonly int[] _withFraud, _without;
    readonly RankedPayments _champion, _challenger;
    readonly SegmentCounts _segments;

    /// <summary>By card, the champion's alerts (the challenger's, where the champion gives none): at so many both are compared.</summary>
    readonly int[] _alerts;

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
        _alerts = new int[numbers.Count];
        for (var row = 0; row < payments.Length; row++)
        {
            hasFraud[_cardOf[row]] |= payments[row].IsFraud;
            _alerts[_cardOf[row]] += (championAlerts ? payments[row].ChampionAlerts : payments[row].ChallengerAlerts) ? 1 : 0;
        }

        _withFraud = [.. Enumerable.Range(0, numbers.Count).Where(card => hasFraud[card])];
        _without = [.. Enumerable.Range(0, numbers.Count).Where(card => !hasFraud[card])];
        _champion = new RankedPayments(payments, _cardOf, payment => payment.Champion);
        _challenger = new RankedPayments(payments, _cardOf, payment => payment.Challenger);
        _segments = new SegmentCounts(payments, _cardOf, numbers.Count, bands);
        _weights = new int[numbers.Count];
    }

    /// <summary>Both models on the payments as they are.</summary>
    public PairedMeasure Measured()
    {
        Array.Fill(_weights, 1);
        return Measure();
    }

    /// <summary>The same on each draw. A seed gives the same draws.</summary>
    public IEnumerable<PairedMeasure> Drawn(ulong seed)
    {
        for (var draw = 0; draw < Draws; draw++)
        {
            Array.Clear(_weights);
            Draw(_withFraud, ref seed);
            Draw(_without, ref seed);
            yield return Measure();
        }
    }

    void Draw(int[] cards, ref ulong seed)
    {
        for (var card = 0; card < cards.Length; card++)
            _weights[cards[(int)Math.BigMul(Next(ref seed), (ulong)cards.Length, out _)]]++;
    }

    PairedMeasure Measure()
    {
        var alerts = 0L;
        for (var card = 0; card < _weights.Length; card++)
            alerts += (long)_weights[card] * _alerts[card];
        var (champion, challenger) = (_champion.Measure(_weights, alerts), _challenger.Measure(_weights, alerts));
        return new PairedMeasure(champion.AveragePrecision, challenger.AveragePrecision, champion.Recall, challenger.Recall, _segments.Measure(_weights));
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
