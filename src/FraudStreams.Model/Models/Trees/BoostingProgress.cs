namespace FraudStreams.Model.Models.Trees;

/// <summary>Training progress, reported after each tree.</summary>
/// <param name="Trees">Number of trees so far, from 1.</param>
/// <param name="MaxTrees">Maximum number of trees (<see cref="BoostingSettings.Trees"/>).</param>
/// <param name="Validation">The stopping metric on the validation rows with these trees; NaN without validation rows.</param>
/// <param name="Best">The best value of the metric so far; NaN without validation rows.</param>
/// <param name="BestTrees">Number of trees with the best value.</param>
public readonly record struct BoostingProgress(int Trees, int MaxTrees, double Validation, double Best, int BestTrees);
