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
sealed class LoggedFeatures(IReadableLog topics, int partitions, FeaturePlan plan, Func<string, FeaturePlan?> versions, IReadOnlyDictionary<string, bool> confirmed)
{
    readonly PredictionReader _reader = new(plan.Schema, int.MaxValue);
    readonly LabelledDatasetBuilder _rows = new(plan);
    readonly HashSet<string> _ids = [];
    readonly Dictionary<string, bool> _isOfPlan = [];
    long _unreadable;
    long _withoutFeatures;
    long _otherFeatures;

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

        if (_unreadable > 0)
            progress.Warning($"{_unreadable:N0} records of the topic are not predictions of schema {plan.Schema.Name} and are left out");
        if (_withoutFeatures > 0)
            progress.Warning($"{_withoutFeatures:N0} predictions carry no features (scoring.carry-features was off) and are left out");
        if (_otherFeatures > 0)
            progress.Warning($"{_otherFeatures:N0} predictions of versions with other features than the champion's, or that are gone or damaged, are left out");
        return _rows.Build() is { } rows ? rows.Take([.. Enumerable.Range(0, rows.Count).OrderBy(row => rows.Times[row])]) : null;
    }

    void Take(ReadOnlySpan<byte> record, PredictionRows row)
    {
        row.Clear();
        if (_reader.Read(record, row) is not null)
        {
            _unreadable++;
            return;
        }

        var payment = row.Transactions;
        var id = Encoding.UTF8.GetString(payment.Id(0));
        if ((confirmed.TryGetValue(id, out var fraud) ? fraud : payment.Label(0)) is not { } label)
            return;
        if (FeatureValues.Read(record) is not { } features)
            _withoutFeatures++;
        else if (features.Length != plan.Count || !IsOfPlan(Encoding.UTF8.GetString(row.ModelVersion(0))))
            _otherFeatures++;
        else if (_ids.Add(id))
            _rows.Add(payment, 0, features, label);
    }

    bool IsOfPlan(string version)
    {
        if (!_isOfPlan.TryGetValue(version, out var isOfPlan))
            _isOfPlan[version] = isOfPlan = versions(version)?.IsSameAs(plan) ?? false;
        return isOfPlan;
    }
}
