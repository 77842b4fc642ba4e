namespace FraudStreams.ModelOps;

/// <summary>Metrics as people read them, in the order of tables and reports.</summary>
static class MetricNames
{
    /// <summary>Each metric's key in <see cref="Evaluation.Metrics"/>, its name, and its format.</summary>
    public static readonly (string Key, string Title, string Format)[] All =
    [
        ("average_precision", "average precision", "0.0000"),
        ("roc_auc", "ROC AUC", "0.0000"),
        ("threshold", "threshold", "0.0000"),
        ("precision", "precision at the threshold", "0.0000"),
        ("recall", "recall at the threshold", "0.0000"),
        ("f1", "F1 at the threshold", "0.0000"),
        ("alerts_a_day", "alerts a day of event time", "#,##0.0"),
        ("recall_at_fpr_0.001", "recall at 1 false alarm in 1,000", "0.0000"),
        ("card_precision_at_100", "card precision at 100 a day", "0.0000"),
        ("brier_score", "Brier score", "0.00000"),
        ("expected_calibration_error", "expected calibration error", "0.00000"),
        ("true_positives", "frauds found", "#,##0"),
        ("false_negatives", "frauds missed", "#,##0"),
        ("false_positives", "false alarms", "#,##0"),
        ("true_negatives", "honest and let through", "#,##0"),
    ];
}
