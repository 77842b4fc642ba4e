using System.Text;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Model.Features;
using FraudStreams.Model.Json;
using FraudStreams.Topics;

namespace FraudStreams.ModelOps;

/// <summary>
/// Reads payments with exactly the feature values that they were scored with, as their predictions carry them. The label is what was confirmed since,
/// else the payment's own; payments with neither are left out.
/// </summary>
/// <param name="plan">The feature plan: predictions of versions with another plan carry other values, and are left out.</param>
/// <param name="versions">Gives the plan of a version, or null where it is missing or damaged.</param>
/// <param name="confirmed">Whether a payment was a fraud, by its id.</param>
/// <param name="times">The first and the last event time to take, in unix milliseconds; null: all.</param>
sealed class LoggedFeatures(
    IReadableLog topics, int partitions, FeaturePlan plan, Func<string, FeaturePlan?> versions, IReadOnlyDictionary<string, bool> confirmed, (long From, long To)? times = null)
{
    readonly PredictionReader _reader = new(plan.Schema, int.MaxValue);
    readonly LabelledDatasetBuilder _rows = new(plan);
    readonly HashSet<string> _ids = [];
    readonly Dictionary<string, bool> _isOfPlan = [];
    readonly LeftOut _leftOut = new();

    /// <summary>All usable predictions of the topic, in the order of event time, then of partition and offset; null where there is none.</summary>
    /// <param name="progress">Gets a warning for what is left out.</param>
    /// <param name="read">Called with the number of predictions read.</param>
    public async Task<LabelledDataset?> ReadAsync(WorkProgress progress, Action<long> read, CancellationToken cancellationToken)
    {
        var done = 0L;
        using var row = new PredictionRows(plan.Schema, 1);
        for (var number = 0; number < partitions; number++)
        {
            await foreach (var records in topics.ReadAsync(new TopicPartition(TopicNames.Predictions, number), 0, long.MaxValue, cancellationToken))
            {
                foreach (var record in records)
                    Take(record.Value.Span, row);
                read(done += records.Count);
            }
        }

        var built = _rows.Build();
        _leftOut.Report(progress, "the topic of predictions", built?.Count ?? 0);
        return built is { } rows ? rows.Take([.. Enumerable.Range(0, rows.Count).OrderBy(row => rows.Times[row])]) : null;
    }

    void Take(ReadOnlySpan<byte> record, PredictionRows row)
    {
        row.Clear();
        if (_reader.Read(record, row) is { } reason)
        {
            _leftOut.Add(reason);
            return;
        }

        var payment = row.Transactions;
        if (times is { } range && (payment.EventTime(0) < range.From || payment.EventTime(0) > range.To))
            return;
        var id = Encoding.UTF8.GetString(payment.Id(0));
        if ((confirmed.TryGetValue(id, out var fraud) ? fraud : payment.Label(0)) is not { } label)
            _leftOut.Add("without a label", 1, "neither the payment has one nor was one confirmed");
        else if (FeatureValues.Read(record) is not { } features)
            _leftOut.Add("without features", 1, "scoring.carry-features was off");
        else if (features.Length != plan.Count || !IsOfPlan(Encoding.UTF8.GetString(row.ModelVersion(0))))
            _leftOut.Add("other features", 1, "of versions with other features than the champion's, or that are gone or damaged");
        else if (_ids.Add(id))
            _rows.Add(payment, 0, features, label);
        else
            _leftOut.Add("published twice", 1, "an earlier prediction of the same payment is used");
    }

    bool IsOfPlan(string version)
    {
        if (!_isOfPlan.TryGetValue(version, out var isOfPlan))
            _isOfPlan[version] = isOfPlan = versions(version)?.IsSameAs(plan) ?? false;
        return isOfPlan;
    }
}
