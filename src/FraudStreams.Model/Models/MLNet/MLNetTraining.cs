using FraudStreams.Model.Models.Linear;
using FraudStreams.Model.Models.Trees;
using Microsoft.ML;
using Microsoft.ML.Calibrators;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using Microsoft.ML.Trainers.FastTree;
using Microsoft.ML.Trainers.LightGbm;

namespace FraudStreams.Model.Models.MLNet;

/// <summary>A model that ML.NET trained, in a form of ours.</summary>
/// <param name="Scorer">Scores in double precision, and can be explained.</param>
/// <param name="LargestDifference">Between its scores and those of ML.NET, which computes in single precision, over the compared rows.</param>
public sealed record MLNetModel(IScorer Scorer, double LargestDifference);

/// <summary>
/// Trains with ML.NET and takes the result over: trees into a <see cref="TreeEnsemble"/> with the same tests and leaves, weights into a <see cref="LogisticRegression"/>.
/// Nothing of ML.NET is needed to score. Its assemblies are loaded with the first call.
/// </summary>
public static class MLNetTraining
{
    /// <summary>ML.NET sums and scores in single precision; a model that was taken over wrongly differs by far more.</summary>
    const double Tolerance = 1e-5;

    const int ComparedRows = 20_000;
    const int MaxCategories = 50;
    const int MinRowsInLeaf = 20;

    /// <summary>Trains a model.</summary>
    /// <param name="train">The training rows; their weights are without effect.</param>
    /// <param name="validation">Later rows with the same features, by which LightGBM stops; null for none.</param>
    /// <param name="settings">The algorithm and its settings.</param>
    /// <param name="cancellationToken">Stops the training while it reads the rows; what ML.NET does after that has no way to be stopped.</param>
    /// <exception cref="InvalidOperationException">The library cannot run on this machine, or gives other scores than the model that was made of it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static MLNetModel Train(TrainingSet train, TrainingSet? validation, MLNetSettings settings, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(settings);
        var context = new MLContext(settings.Seed);
        var isLinear = settings.Algorithm == MLNetAlgorithm.Logistic;
        var encodings = LinearEncoding.Of(train, isLinear ? MaxCategories : CategoryTable.Missing);
        var rows = new EncodedRows(encodings, standardised: isLinear, cancellationToken);
        try
        {
            var data = rows.Of(context, train);
            var (transformer, scorer) = settings.Algorithm switch
            {
                MLNetAlgorithm.Logistic => Logistic(context, data, train, encodings, settings),
                MLNetAlgorithm.LightGbm => LightGbm(context, data, validation is null ? null : rows.Of(context, validation), train, encodings, settings),
                MLNetAlgorithm.FastTree => FastTree(context, data, train, encodings, settings),
                _ => throw new ArgumentOutOfRangeException(nameof(settings), settings.Algorithm, "an algorithm that is not known"),
            };
            return new MLNetModel(scorer, LargestDifference(context, transformer, scorer, rows, train));
        }
        catch (Exception e) when (e.GetBaseException() is DllNotFoundException or BadImageFormatException)
        {
            throw new InvalidOperationException($"the native library of {settings.Algorithm} does not load on this machine ({e.GetBaseException().Message}); the trainer of ours, `trees`, has none", e);
        }
    }

    static (ITransformer, IScorer) Logistic(MLContext context, IDataView data, TrainingSet train, LinearEncoding[] encodings, MLNetSettings settings)
    {
        var trained = context.BinaryClassification.Trainers.LbfgsLogisticRegression(new LbfgsLogisticRegressionBinaryTrainer.Options
        {
            LabelColumnName = EncodedRows.Label,
            FeatureColumnName = EncodedRows.Features,
            L1Regularization = 0,
            L2Regularization = (float)settings.L2,
            NumberOfThreads = 1,
        }).Fit(data);
        var model = trained.Model.SubModel;
        return (trained, new LogisticRegression(train.Features, encodings, [.. model.Weights.Select(weight => (double)weight), model.Bias]));
    }

    static (ITransformer, IScorer) LightGbm(MLContext context, IDataView data, IDataView? validation, TrainingSet train, LinearEncoding[] encodings, MLNetSettings settings)
    {
        var trainer = context.BinaryClassification.Trainers.LightGbm(new LightGbmBinaryTrainer.Options
        {
            LabelColumnName = EncodedRows.Label,
            FeatureColumnName = EncodedRows.Features,
            NumberOfIterations = settings.Trees,
            LearningRate = settings.LearningRate,
            NumberOfLeaves = settings.MaxLeaves,
            MinimumExampleCountPerLeaf = MinRowsInLeaf,
            EarlyStoppingRound = validation is null ? 0 : settings.EarlyStoppingRounds,
            EvaluationMetric = LightGbmBinaryTrainer.Options.EvaluateMetricType.Logloss,
            NumberOfThreads = settings.Threads == 0 ? Environment.ProcessorCount : settings.Threads,
            Seed = settings.Seed,
        });
        var trained = validation is null ? trainer.Fit(data) : trainer.Fit(data, validation);
        return (trained, MLNetTrees.ToEnsemble(trained.Model.SubModel.TrainedTreeEnsemble, trained.Model.Calibrator, train, encodings));
    }

    static (ITransformer, IScorer) FastTree(MLContext context, IDataView data, TrainingSet train, LinearEncoding[] encodings, MLNetSettings settings)
    {
        var trained = context.BinaryClassification.Trainers.FastTree(new FastTreeBinaryTrainer.Options
        {
            LabelColumnName = EncodedRows.Label,
            FeatureColumnName = EncodedRows.Features,
            NumberOfTrees = settings.Trees,
            LearningRate = settings.LearningRate,
            NumberOfLeaves = settings.MaxLeaves,
            MinimumExampleCountPerLeaf = MinRowsInLeaf,
            NumberOfThreads = settings.Threads == 0 ? Environment.ProcessorCount : settings.Threads,
            Seed = settings.Seed,
        }).Fit(data);
        return (trained, MLNetTrees.ToEnsemble(trained.Model.SubModel.TrainedTreeEnsemble, trained.Model.Calibrator, train, encodings));
    }

    /// <exception cref="InvalidOperationException">It is more than single precision explains.</exception>
    static double LargestDifference(MLContext context, ITransformer transformer, IScorer scorer, EncodedRows rows, TrainingSet train)
    {
        var compared = train.Slice(Math.Max(0, train.Rows - ComparedRows), Math.Min(train.Rows, ComparedRows));
        var scores = new double[compared.Rows];
        scorer.Score(compared.Values.Span, scores);
        var largest = transformer.Transform(rows.Of(context, compared)).GetColumn<float>("Probability").Zip(scores, (theirs, ours) => Math.Abs(theirs - ours)).Max();
        return largest <= Tolerance
            ? largest
            : throw new InvalidOperationException($"ML.NET scores a row by {largest} otherwise than the model that was made of its own: this release of ML.NET cannot be taken over");
    }
}
