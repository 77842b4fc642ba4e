using System.Collections.Immutable;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Storage;

namespace FraudStreams.Replay;

/// <summary>What decided about a payment, and who put it there.</summary>
/// <param name="Service">The version that decided, as of then.</param>
/// <param name="Shadow">What challengers said of the same payment.</param>
sealed record PaymentDecision(
    string Id, DateTimeOffset EventTime, double Score, int Prediction, string ModelVersion, DateTimeOffset ScoredAt, ServiceRecord Service, ImmutableArray<ShadowOpinion> Shadow)
{
    /// <summary>Null where the store does not hold the payment.</summary>
    public static async Task<PaymentDecision?> FindAsync(PredictionStore store, ModelService models, string id, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(id, cancellationToken) is not { } found)
            return null;
        var scoredAt = DateTimeOffset.FromUnixTimeMilliseconds(found.ScoredAt);
        return new PaymentDecision(
            id, DateTimeOffset.FromUnixTimeMilliseconds(found.EventTime), found.Score, found.Fraud ? 1 : 0, found.ModelVersion, scoredAt, models.Who(found.ModelVersion, scoredAt),
            [.. found.Shadow.Select(score => new ShadowOpinion(score.ModelVersion, score.Score, score.Fraud ? 1 : 0, score.Threshold, DateTimeOffset.FromUnixTimeMilliseconds(score.ScoredAt)))]);
    }
}

/// <summary>What a challenger said of a payment.</summary>
sealed record ShadowOpinion(string ModelVersion, double Score, int Prediction, double Threshold, DateTimeOffset ScoredAt);
