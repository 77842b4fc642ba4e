using System.Collections.Immutable;
using FraudStreams.Model.Reports;

namespace FraudStreams.Model.Evaluation;

/// <summary>Precision over recall, as reports draw it.</summary>
public static class PrecisionRecallChart
{
    /// <summary>One line a model; all but the last are dashed.</summary>
    public static LineChart Of(params ReadOnlySpan<(string Model, ImmutableArray<CurvePoint> Curve)> models)
    {
        var lines = ImmutableArray.CreateBuilder<LineSeries>(models.Length);
        foreach (var (model, curve) in models)
            lines.Add(new LineSeries(model, [.. curve.Select(point => new ChartPoint(point.Recall, point.Precision))]) { IsDashed = lines.Count < models.Length - 1 });
        return new LineChart("Precision by recall", new ChartAxis("recall") { From = 0, To = 1 }, new ChartAxis("precision") { From = 0, To = 1 }, lines.ToImmutable());
    }
}
