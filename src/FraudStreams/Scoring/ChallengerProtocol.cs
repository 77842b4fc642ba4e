using FraudStreams.Messaging;
using FraudStreams.Model.Models;

namespace FraudStreams.Scoring;

/// <summary>Another challenger scores from the next batch on; null: none does.</summary>
sealed record UseChallenger(ScoringModel? Model);

/// <summary>A batch whose predictions are published. It belongs to the challenger's actor, which returns it to its pool.</summary>
sealed record ShadowBatch(TransactionBatch Batch);

/// <summary>What a challenger made of a batch.</summary>
/// <param name="Records">For topic `shadow`, one for each payment.</param>
/// <param name="Disagreements">On how many payments champion and challenger decide differently.</param>
/// <param name="Took">How long the model took.</param>
sealed record ShadowScored(RecordBatch Records, string ChampionVersion, string ModelVersion, int ChampionFrauds, int Frauds, int Disagreements, TimeSpan Took);

/// <summary>A challenger failed so often in a row that this host has given it up.</summary>
sealed record ChallengerGivenUp(string Version, string Why);

/// <summary>Answered with <see cref="ShadowFinished"/> once no batch is under way.</summary>
sealed record FinishShadow;

/// <inheritdoc cref="FinishShadow"/>
sealed record ShadowFinished;
