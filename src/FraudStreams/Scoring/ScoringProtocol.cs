using FraudStreams.Model.Schema;

namespace FraudStreams.Scoring;

/// <summary>Asks for the scores of a batch. The answer is <see cref="BatchScored"/>, or Status.Failure: then the batch may be asked again.</summary>
public sealed record ScoreBatch(TransactionRows Rows);

/// <summary>The scores (0..1) of the batch's rows in their order, and the version that gave them.</summary>
public sealed record BatchScored(double[] Scores, string ModelVersion, double Threshold);

/// <summary>A model actor tells its desk how it went; enough failures in a row and the desk falls back.</summary>
sealed record ScoringWorked(string ModelVersion);

/// <inheritdoc cref="ScoringWorked"/>
sealed record ScoringFailed(string ModelVersion, Exception Cause);
