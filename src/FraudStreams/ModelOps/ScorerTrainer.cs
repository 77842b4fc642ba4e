using FraudStreams.Model.Models;
using FraudStreams.Model.Models.MLNet;
using FraudStreams.Model.Models.Trees;

namespace FraudStreams.ModelOps;

/// <summary>Who trains a model (`model.trainer`).</summary>
public enum TrainerKind
{
    /// <summary>The gradient boosting of this program.</summary>
    Trees,

    /// <summary>ML.NET's logistic regression.</summary>
    Logistic,

    /// <summary>LightGBM, through ML.NET.</summary>
    LightGbm,

    /// <summary>ML.NET's FastTree.</summary>
    FastTree,
}

/// <summary>Trains a scorer with the trainer and the settings of section model.</summary>
static class ScorerTrainer
{
    /// <param name="validation">Later rows that stop the training; null for none.</param>
    /// <param name="progress">Told of each tree by the trainer of this program; the others report nothing.</param>
    public static IScorer Train(ModelSettings settings, TrainingSet train, TrainingSet? validation, IProgress<BoostingProgress>? progress, CancellationToken cancellationToken) =>
        settings.Trainer == TrainerKind.Trees
            ? GradientBoosting.Train(train, validation, settings.Boosting, progress, cancellationToken)
            : TrainByMLNet(settings, train, validation, cancellationToken);

    /// <summary>A method of its own, so that ML.NET is not loaded before it is called.</summary>
    static IScorer TrainByMLNet(ModelSettings settings, TrainingSet train, TrainingSet? validation, CancellationToken cancellationToken)
    {
        try
        {
            return MLNetTraining.Train(train, validation, settings.MLNet, cancellationToken).Scorer;
        }
        catch (InvalidOperationException e)
        {
            throw new TrainingFailedException($"model.trainer: {e.Message}", e);
        }
    }
}

/// <summary>A trainer cannot do its work on this machine.</summary>
public sealed class TrainingFailedException(string message, Exception cause) : Exception(message, cause);
