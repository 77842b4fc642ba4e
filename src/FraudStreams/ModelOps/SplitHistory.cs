using FraudStreams.Diagnostics;
using FraudStreams.Model.Features;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Schemas;

namespace FraudStreams.ModelOps;

/// <summary>A whole file with its features, to be split afterwards: windows see all that came before, whichever split a payment falls into.</summary>
static class SplitHistory
{
    public static LabelledDataset Read(string file, TransactionSchema schema, WorkProgress progress, CancellationToken cancellationToken)
    {
        var rejected = new RejectCounts();
        var history = new CsvHistory(file, schema);
        var plan = schema.Features.Any(feature => feature is CategoryFeature)
            ? FeaturePlan.Fit(schema, history.Read(progress.Step($"Learning the categories of {history.Name}"), _ => { }, cancellationToken))
            : FeaturePlan.Fit(schema, []);
        var rows = LabelledDataset.Read(
            history, plan, new WindowState(schema), progress.Step($"Reading {history.Name} and computing {plan.Count} features"), rejected.Add, cancellationToken);
        rejected.Tell(progress);
        return rows ?? throw new NothingToMeasureException($"{history.Name} has no labelled row that can be read");
    }
}
