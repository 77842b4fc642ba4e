using FraudStreams.Messaging;
using FraudStreams.Pipelines;
using FraudStreams.Storage;
using FraudStreams.Topics;

namespace FraudStreams.ChaosTests;

/// <summary>Progress of each pipeline, in records of its topic.</summary>
/// <param name="Produced">Payments in `transactions`.</param>
/// <param name="Scored">Of those, committed by scoring.</param>
/// <param name="Alerted">Records of `predictions` that the alert pipeline has committed.</param>
/// <param name="StoredUpTo">Records of `predictions` that the store has committed.</param>
/// <param name="Stored">Rows of the store.</param>
/// <param name="PredictedFrauds">Of those.</param>
/// <param name="Alerts">Alerts logged as delivered.</param>
/// <param name="Lag">Records that any group has not yet read.</param>
sealed record StageProgress(long Produced, long Scored, long Alerted, long StoredUpTo, long Stored, long PredictedFrauds, long Alerts, long Lag)
{
    /// <summary>Grows from 0 to about four times the payments.</summary>
    public long Work => Produced + Scored + Alerted + StoredUpTo;

    public static StageProgress Of(MessageLogStatus topics, StoreCounts store) => new(
        Appended(topics, TopicNames.Transactions), topics.Of(ConsumerGroups.Score, TopicNames.Transactions).Position, topics.Of(ConsumerGroups.Alert, TopicNames.Predictions).Position,
        topics.Of(ConsumerGroups.Store, TopicNames.Predictions).Position, store.Stored, store.PredictedFrauds, Appended(topics, TopicNames.Alerts),
        ConsumerGroups.Consumers.Sum(group => topics.Of(group.Group, group.Topic).Lag));

    /// <summary>Every row has gone through every pipeline.</summary>
    public bool IsAtEnd(int rows) => Produced == rows && Lag == 0 && Alerts >= PredictedFrauds;

    static long Appended(MessageLogStatus topics, string name) => topics.Topics.FirstOrDefault(topic => topic.Topic == name)?.Appended ?? 0;
}
