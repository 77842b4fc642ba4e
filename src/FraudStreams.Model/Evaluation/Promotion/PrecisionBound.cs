namespace FraudStreams.Model.Evaluation.Promotion;

/// <summary>How good a model is at least, from a sample of its decisions.</summary>
public static class PrecisionBound
{
    const int MinFrauds = 10;

    /// <summary>
    /// One-sided 95% lower bound of the champion's average precision, 0..1, by the bootstrap of <see cref="PromotionGate"/>: clustered by card, stratified by
    /// label. Null with fewer than ten frauds, or with frauds alone.
    /// </summary>
    public static double? Lower(ReadOnlySpan<GatePayment> payments)
    {
        var frauds = 0;
        foreach (var payment in payments)
            frauds += payment.IsFraud ? 1 : 0;
        if (frauds < MinFrauds || frauds == payments.Length)
            return null;
        var drawn = new PairedBootstrap(payments, AmountBands.Of(payments)).Drawn(seed: 1).Select(draw => draw.ChampionPrecision).Order().ToArray();
        return drawn[(int)Math.Round(GateRules.Level * (drawn.Length - 1))];
    }
}
