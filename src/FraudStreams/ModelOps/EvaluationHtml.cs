using System.Collections.Immutable;
using FraudStreams.Model.Evaluation;
using FraudStreams.Model.Reports;
using static FraudStreams.Model.Reports.ReportText;

namespace FraudStreams.ModelOps;

/// <summary>Reports of `evaluate` and `models compare`: metrics, curves, calibration, cut-offs and days (<see cref="HtmlReport"/>).</summary>
static class EvaluationHtml
{
    /// <summary>One model, or several on the same payments.</summary>
    public static string Write(ImmutableArray<Evaluation> evaluations)
    {
        var first = evaluations[0];
        var html = new HtmlReport(evaluations.Length == 1 ? $"Evaluation of {first.ModelVersion}" : string.Join(" and ", evaluations.Select(evaluation => evaluation.ModelVersion)))
            .Text($"On {Count(first.Rows)} labelled payments of {first.Input}, from {Time(first.From)} to {Time(first.To)} UTC, {Count(first.Frauds)} of them frauds ({Share((double)first.Frauds / first.Rows)}). {Count(first.Rejected)} rows could not be read.")
            .List([
                .. evaluations.Where(evaluation => evaluation.InTrainingTime > 0).Select(evaluation =>
                    $"{Count(evaluation.InTrainingTime)} of the payments lie in the time that {evaluation.ModelVersion} was trained on: where it learnt from them, its metrics flatter it."),
            ]);
        if (evaluations.Length == 1)
            html.Figures(Figures(first));
        html.Table(Metrics(evaluations)).Section("Ranking and calibration").Charts([
            PrecisionRecallChart.Of([.. evaluations.Select(evaluation => (evaluation.ModelVersion, evaluation.Scores.Curve))]), Calibrated(evaluations),
        ]);
        html.Section("Scores").Charts(evaluations.Select(Scores));
        html.Section("Alerts a day").Text("The lowest threshold that gives no more alerts a day of event time, and what it finds.");
        foreach (var evaluation in evaluations)
            html.Table(CutOffs(evaluation));
        return Days(html, evaluations).ToHtml();
    }

    /// <summary>The splits of a back-test.</summary>
    public static string Write(string title, IReadOnlyList<FoldResult> folds) => new HtmlReport($"Back-test: {title}")
        .Text("A model was trained anew for each split with the current settings, and measured on the later days.")
        .Table(new ReportTable(
            "Splits", ["trained from", "measured from", "payments", "frauds", "average precision", "ROC AUC", "card precision at 100 a day"],
            [
                .. folds.Select(fold => (ImmutableArray<string>)
                    [$"{fold.TrainFrom:yyyy-MM-dd}", $"{fold.TestFrom:yyyy-MM-dd}", Count(fold.TestRows), Count(fold.TestFrauds), Measure(fold.AveragePrecision), Measure(fold.RocAuc), Measure(fold.CardPrecisionAt100)]),
            ])
        {
            TextColumns = 2,
        })
        .Charts(new LineChart(
            "Metrics by split", new ChartAxis("measured from", AxisFormat.Time), new ChartAxis("metric") { From = 0, To = 1 },
            [
                Line("average precision", folds, fold => fold.AveragePrecision),
                Line("ROC AUC", folds, fold => fold.RocAuc),
                Line("card precision at 100 a day", folds, fold => fold.CardPrecisionAt100),
            ]))
        .ToHtml();

    static IEnumerable<(string, string)> Figures(Evaluation evaluation) => MetricNames.All.Where(name => name.Key is "average_precision" or "precision" or "recall" or "alerts_a_day")
        .Where(name => evaluation.Metrics.ContainsKey(name.Key)).Select(name => (name.Title, evaluation.Metrics[name.Key].ToString(name.Format)));

    static ReportTable Metrics(ImmutableArray<Evaluation> evaluations)
    {
        var rows = MetricNames.All.Select(name => (Name: name, Values: evaluations.Select(evaluation => evaluation.Metrics.TryGetValue(name.Key, out var value) ? value : double.NaN).ToArray()))
            .Where(row => !row.Values.All(double.IsNaN));
        return new ReportTable(
            "Metrics", ["measure", .. evaluations.Select(evaluation => evaluation.ModelVersion), .. evaluations.Length > 1 ? (string[])["difference"] : []],
            [
                .. rows.Select(row => (ImmutableArray<string>)
                [
                    row.Name.Title, .. row.Values.Select(value => double.IsNaN(value) ? "" : value.ToString(row.Name.Format)),
                    .. evaluations.Length == 1 ? (string[])[] : [row.Values[^1] - row.Values[0] is var difference && double.IsNaN(difference) ? "" : difference.ToString($"+{row.Name.Format};-{row.Name.Format};0")],
                ]),
            ]);
    }

    static LineChart Calibrated(ImmutableArray<Evaluation> evaluations) => new(
        "Share of frauds by score", new ChartAxis("mean score") { From = 0, To = 1 }, new ChartAxis("share of frauds", AxisFormat.Share) { From = 0, To = 1 },
        [
            .. evaluations.Select(evaluation => new LineSeries(evaluation.ModelVersion, [.. evaluation.Scores.Calibration.Bins.Where(bin => bin.Rows > 0).Select(Point)])),
            new LineSeries("as the score says", [new ChartPoint(0, 0), new ChartPoint(1, 1)]) { IsDashed = true },
        ])
    {
        Note = "In ten bins of the score, with 95% intervals. Below the dashed line scores are too high.",
    };

    static ChartPoint Point(CalibrationBin bin)
    {
        var (lower, upper) = WilsonInterval.Of((long)Math.Round(bin.FraudShare * bin.Rows), bin.Rows);
        return new ChartPoint(bin.MeanScore, bin.FraudShare, lower, upper);
    }

    static BarChart Scores(Evaluation evaluation)
    {
        const int bins = ScoreProfile.Bins;
        var (honest, frauds) = (evaluation.Scores.Legitimate.Sum(), evaluation.Scores.Frauds.Sum());
        return new BarChart(
            evaluation.ModelVersion, "score", new ChartAxis("share of each kind", AxisFormat.Share), [.. Enumerable.Range(0, bins).Select(bin => $"{(double)bin / bins:0.00}")],
            [
                new BarSeries("not fraud", [.. evaluation.Scores.Legitimate.Select(count => honest == 0 ? double.NaN : (double)count / honest)]),
                new BarSeries("fraud", [.. evaluation.Scores.Frauds.Select(count => frauds == 0 ? double.NaN : (double)count / frauds)]),
            ])
        {
            Note = $"{Count(honest)} payments that are no fraud and {Count(frauds)} frauds, each kind by its score; threshold {evaluation.Metrics["threshold"]:0.0000}",
        };
    }

    static ReportTable CutOffs(Evaluation evaluation) => new(
        evaluation.ModelVersion, ["at most a day", "threshold", "alerts", "frauds among them", "precision", "recall"],
        [
            .. evaluation.Scores.CutOffs.Select(cut => (ImmutableArray<string>)
                [Number(cut.AlertsADay), Measure(cut.Point.Threshold), Count(cut.Point.Alerts), Count(cut.Point.TruePositives), Share(cut.Point.Precision), Share(cut.Recall)]),
        ])
    {
        TextColumns = 0,
    };

    static HtmlReport Days(HtmlReport html, ImmutableArray<Evaluation> evaluations)
    {
        var days = evaluations[0].Scores.DaysInPeriod;
        var time = new ChartAxis(days == 1 ? "day (UTC)" : $"{days} days from (UTC)", AxisFormat.Time);
        var share = new ChartAxis("at the threshold", AxisFormat.Share) { From = 0, To = 1 };
        html.Section(days == 1 ? "Day by day" : $"In periods of {days} days").Charts([
            new LineChart("Average precision", time, new ChartAxis("average precision") { From = 0, To = 1 }, Lines(period => period.AveragePrecision)),
            new LineChart("Precision", time, share, Lines(period => period.Precision)),
            new LineChart("Recall", time, share, Lines(period => period.Recall)),
            new LineChart("Alerts a day", time, new ChartAxis("alerts a day") { From = 0 }, Lines(period => (double)period.Alerts / days)),
        ]);
        return html;

        ImmutableArray<LineSeries> Lines(Func<PeriodMetrics, double> value) =>
            [.. evaluations.Select(evaluation => new LineSeries(evaluation.ModelVersion, [.. evaluation.Scores.Periods.Select(period => new ChartPoint(period.From, value(period)))]))];
    }

    static LineSeries Line(string name, IReadOnlyList<FoldResult> folds, Func<FoldResult, double> value) =>
        new(name, [.. folds.OrderBy(fold => fold.TestFrom).Select(fold => new ChartPoint(new DateTimeOffset(fold.TestFrom.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero).ToUnixTimeMilliseconds(), value(fold)))]);
}
