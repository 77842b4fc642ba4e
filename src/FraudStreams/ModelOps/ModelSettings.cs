using FraudStreams.Configuration;
using FraudStreams.Model.Evaluation;
using FraudStreams.Model.Models.Calibrators;
using FraudStreams.Model.Models.MLNet;
using FraudStreams.Model.Models.Trees;

namespace FraudStreams.ModelOps;

public sealed record ModelSettings(
    TrainerKind Trainer,
    int Trees,
    double LearningRate,
    int Leaves,
    int MaxDepth,
    int EarlyStopping,
    double MinChildWeight,
    double MaxLeafStep,
    double SubsampleRows,
    double SubsampleColumns,
    double Validation,
    int Seed,
    CalibrationMethod Calibration,
    ThresholdRule Threshold,
    int FirstRunPayments,
    int FirstRunMaxRows,
    string RestoreChampion)
{
    /// <summary>In place of a version's name: the one that was trained last.</summary>
    public const string Newest = "newest";

    /// <summary>Threads that grow trees; 0: as many as the machine has cores. The result does not depend on it.</summary>
    public int Threads { get; init; }

    /// <summary>For the trees of this program.</summary>
    public BoostingSettings Boosting => new()
    {
        Trees = Trees,
        LearningRate = LearningRate,
        MaxLeaves = Leaves,
        MaxDepth = MaxDepth,
        EarlyStoppingRounds = EarlyStopping,
        MinChildWeight = MinChildWeight,
        MaxLeafStep = MaxLeafStep,
        SubsampleRows = SubsampleRows,
        SubsampleColumns = SubsampleColumns,
        Seed = (ulong)Seed,
        Threads = Threads,
    };

    /// <summary>For the trainers of ML.NET.</summary>
    internal MLNetSettings MLNet => new()
    {
        Algorithm = Trainer switch
        {
            TrainerKind.Logistic => MLNetAlgorithm.Logistic,
            TrainerKind.LightGbm => MLNetAlgorithm.LightGbm,
            TrainerKind.FastTree => MLNetAlgorithm.FastTree,
            _ => throw new InvalidOperationException($"{Trainer} is no trainer of ML.NET."),
        },
        Trees = Trees,
        LearningRate = LearningRate,
        MaxLeaves = Leaves,
        EarlyStoppingRounds = EarlyStopping,
        Seed = Seed,
    };

    public static ModelSettings From(SettingsSection section) => new(
        section.OneOf("trainer", "trees", "logistic", "lightgbm", "fasttree") switch
        {
            "logistic" => TrainerKind.Logistic,
            "lightgbm" => TrainerKind.LightGbm,
            "fasttree" => TrainerKind.FastTree,
            _ => TrainerKind.Trees,
        },
        section.Int("trees", 1, 10_000),
        section.Number("learning-rate", 0, 1),
        section.Int("leaves", 2, 256),
        section.Int("max-depth", 1, 16),
        section.Int("early-stopping", 1, 10_000),
        section.Number("min-child-weight", -1e-9, 1e9),
        section.Number("max-leaf-step", -1e-9, 1e9),
        section.Number("subsample-rows", 0, 1),
        section.Number("subsample-columns", 0, 1),
        section.Share("validation"),
        section.Int("seed", 0, int.MaxValue),
        section.OneOf("calibration", "none", "platt", "isotonic") switch
        {
            "platt" => CalibrationMethod.Platt,
            "isotonic" => CalibrationMethod.Isotonic,
            _ => CalibrationMethod.None,
        },
        section.Parsed("threshold", ThresholdFrom, "\"alerts-per-day 50\", \"precision 0.9\" or \"cost 100 1\" (of a missed fraud, and of an alert)"),
        section.Section("first-run").Int("payments", 5_000, 10_000_000),
        section.Section("first-run").Int("max-rows", 1_000, 100_000_000),
        section.Text("restore-champion").Trim());

    static ThresholdRule ThresholdFrom(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var numbers = words.Skip(1).Select(SettingsValues.ParseShare).ToArray();
        return (words.FirstOrDefault(), numbers) switch
        {
            ("alerts-per-day", [> 0 and var alerts]) => new ThresholdRule.AlertsADay(alerts),
            ("precision", [> 0 and <= 1 and var share]) => new ThresholdRule.Precision(share),
            ("cost", [> 0 and var missed, > 0 and var alert]) => new ThresholdRule.Cost(alert, missed),
            _ => throw new FormatException($"\"{text}\" is no rule for a threshold"),
        };
    }
}
