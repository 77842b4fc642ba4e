using System.Text;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Model.Features;
using FraudStreams.Model.Json;
using FraudStreams.Topics;

namespace FraudStreams.ModelOps;

/// <summary>
/// Payments with exactly what a model was given of them when it scored them, as their predictions carry it. What was confirmed since is the label,
/// and else what the payment itself says; with neither it is left out.
/// </summary>
/// <param name="plan">Whose features are wanted: predictions of versions with another plan carry other values, and are left out.</param>
/// <param name="versions">The plan of a version, or null where it is gone or damaged.</param>
/// <param name="confirmed">By the payment's id: whether it was a fraud.</param>
sealed class LoggedFeatures(IReadableLog topics, int partitions, FeaturePlan plan, Func<string, FeaturePlan?> versions, IReadOnlyDictionary<string, bool> confirmed)
{
    readonly PredictionReader _reader = new(plan.Schema, int.MaxValue);
    readonly LabelledDatasetBuilder _rows = new(plan);
    readonly HashSet<string> _ids = [];
    readonly Dictionary<string, bool> _isOfPlan = [];
    long _unreadable;
    long _withoutFeatures;
    long _otherFeatures;

    /// <summary>All that the topic holds, in the order of event time, and of partition and offset within one time; null where nothing can be learnt from.</summary>
    /// <param name="tell">Of what is left out.</param>
    /// <param name="read">Told how many predictions are read.</param>
    public async Task<LabelledDataset?> ReadAsync(WorkProgress tell, Action<long> read, CancellationToken ct)
    {
        var done = 0L;
        using var row = new PredictionRows(plan.Schema, 1);
        for (var number = 0; number < partitions; number++)
        {
            await foreach (var records in topics.ReadAsync(new TopicPartition(TopicNames.Predictions, number), 0, long.MaxValue, ct))
            {
                foreach (var record in records)
                    Take(record.Value.Span, row);
                read(done += records.Count);
            }
        }

        if (_unreadable > 0)
            tell.Warning($"{_unreadable:N0} records of the topic are no predictions of schema {plan.Schema.Name} and are left out");
        if (_withoutFeatures > 0)
            tell.Warning($"{_withoutFeatures:N0} predictions carry no features (scoring.carry-features was off) and are left out");
        if (_otherFeatures > 0)
            tell.Warning($"{_otherFeatures:N0} predictions of versions with other features than the champion's, or that are gone or damaged, are left out");
        return _rows.Build() is { } rows ? rows.Take([.. Enumerable.Range(0, rows.Count).OrderBy(at => rows.Times[at])]) : null;
    }

    void Take(ReadOnlySpan<byte> record, PredictionRows row)
    {
        row.Clear();
        if (_reader.TryRead(record, row) is not null)
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
