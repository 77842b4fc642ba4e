using FraudStreams.Diagnostics;
using FraudStreams.Model.Features;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Schemas;
using FraudStreams.Simulation;

namespace FraudStreams.ModelOps;

/// <summary>Reads a whole file with its features, to be split afterwards: windows include all earlier payments, whichever split they fall into.</summary>
static class SplitHistory
{
    /// <exception cref="NothingToMeasureException">No row has a label.</exception>
    /// <exception cref="TooManyRejectedException">More rows were rejected than may be.</exception>
    public static LabelledDataset Read(string file, TransactionSchema schema, InputSettings input, WorkProgress progress, CancellationToken cancellationToken)
    {
        var leftOut = new LeftOut();
        var history = new CsvHistory(file, schema);
        var plan = schema.Features.Any(feature => feature is CategoryFeature)
            ? FeaturePlan.Fit(schema, history.Read(progress.Step($"Learning the categories of {history.Name}"), _ => { }, cancellationToken))
            : FeaturePlan.Fit(schema, []);
        var rows = LabelledDataset.Read(
            history, plan, new WindowState(schema), progress.Step($"Reading {history.Name} and computing {plan.Count} features"), leftOut, cancellationToken);
        leftOut.Report(progress, history.Name, rows?.Count ?? 0);
        leftOut.Check(input, history.Name, rows?.Count ?? 0);
        return rows ?? throw new NothingToMeasureException($"{history.Name} has no labelled row that can be read");
    }
}
