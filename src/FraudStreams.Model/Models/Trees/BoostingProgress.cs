namespace FraudStreams.Model.Models.Trees;

/// <summary>Told after each tree.</summary>
/// <param name="Trees">Trees grown so far, from 1.</param>
/// <param name="MaxTrees">Trees that training will stop at.</param>
/// <param name="Validation">The stopping metric on the validation rows with these trees; NaN without validation rows.</param>
/// <param name="Best">The best of them so far.</param>
/// <param name="BestTrees">With how many trees it was reached.</param>
public readonly record struct BoostingProgress(int Trees, int MaxTrees, double Validation, double Best, int BestTrees);
