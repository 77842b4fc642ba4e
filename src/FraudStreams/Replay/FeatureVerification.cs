using System.Text;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.Topics;
using FraudStreams.WindowStates;

namespace FraudStreams.Replay;

/// <param name="Verified">Predictions that equal those recomputed from the log, bit for bit.</param>
/// <param name="WithFeatures">Those of them that carry their features; of the others only the score was compared.</param>
/// <param name="Unverifiable">Predictions whose payment, or too much of the history before it, the log no longer holds.</param>
/// <param name="First">The first difference, or null.</param>
sealed record FeatureVerified(long Verified, long WithFeatures, long Unverifiable, FeatureDifference? First);

/// <param name="Id">The payment's id.</param>
/// <param name="Place">Its prediction's partition and offset.</param>
/// <param name="What">The feature's name, or "score".</param>
sealed record FeatureDifference(string Id, string Place, string ModelVersion, string What, double Predicted, double Recomputed);

/// <summary>
/// Recomputes the model's features from the log of payments alone, and compares them, and the score, with the predictions. Payments and predictions of
/// a partition are in the same order, except for predictions that a restart wrote again.
/// </summary>
sealed class FeatureVerification(IMessageLog topics, TopicSettings settings, TransactionSchema schema, LocalModels local)
{
    /// <summary>Payments kept behind the newest one looked up: a prediction written again is not further back than a few batches.</summary>
    const int KeptPayments = 50_000;

    readonly Dictionary<string, ScoringModel> _models = [];
    long _verified;
    long _withFeatures;
    long _unverifiable;

    public async Task<FeatureVerified> RunAsync(Action<long> progress, CancellationToken cancellationToken)
    {
        PartitionWindowStates.CheckDelays(schema, settings.Partitions);
        for (var number = 0; number < settings.Partitions; number++)
        {
            if (await VerifyAsync(number, progress, cancellationToken) is { } first)
                return new FeatureVerified(_verified, _withFeatures, _unverifiable, first);
        }

        return new FeatureVerified(_verified, _withFeatures, _unverifiable, null);
    }

    async Task<FeatureDifference?> VerifyAsync(int number, Action<long> progress, CancellationToken cancellationToken)
    {
        await using var payments = new RecomputedPayments(
            topics, new TopicPartition(TopicNames.Transactions, number), schema, settings.Partitions, settings.MaxRecordBytes, KeptPayments, cancellationToken);
        using var prediction = new PredictionRows(schema, 1);
        var reader = new PredictionReader(schema, settings.MaxRecordBytes + 65536);
        await foreach (var records in topics.ReadAsync(new TopicPartition(TopicNames.Predictions, number), 0, long.MaxValue, cancellationToken))
        {
            foreach (var record in records)
            {
                prediction.Clear();
                if (reader.Read(record.Value.Span, prediction) is not null)
                    continue;
                var id = Encoding.UTF8.GetString(prediction.Transactions.Id(0));
                if (await payments.FindAsync(id) is not { } row)
                    _unverifiable++;
                else if (Difference(id, record, prediction, row) is { } first)
                    return first;
            }

            progress(_verified + _unverifiable);
        }

        return null;
    }

    FeatureDifference? Difference(string id, TopicRecord record, PredictionRows prediction, TransactionRows payment)
    {
        var model = ModelOf(Encoding.UTF8.GetString(prediction.ModelVersion(0)));
        if (model is null)
        {
            _unverifiable++;
            return null;
        }

        var features = new double[model.Features.Count];
        var score = new double[1];
        model.Score(payment, score, features);
        var carried = FeatureValues.Read(record.Value.Span);
        for (var feature = 0; carried is not null && feature < features.Length; feature++)
        {
            var predicted = feature < carried.Length ? carried[feature] : double.NaN;
            if (!Same(predicted, features[feature]))
                return new FeatureDifference(id, $"{record.Partition}, offset {record.Offset}", model.Version, model.Features.Columns[feature].Name, predicted, features[feature]);
        }

        if (!Same(prediction.Score(0), score[0]))
            return new FeatureDifference(id, $"{record.Partition}, offset {record.Offset}", model.Version, "score", prediction.Score(0), score[0]);
        _verified++;
        _withFeatures += carried is null ? 0 : 1;
        return null;
    }

    static bool Same(double one, double other) => BitConverter.DoubleToInt64Bits(one) == BitConverter.DoubleToInt64Bits(other) || (double.IsNaN(one) && double.IsNaN(other));

    /// <summary>Null if the version is no longer in the local folder, or is of another schema.</summary>
    ScoringModel? ModelOf(string version)
    {
        if (!_models.TryGetValue(version, out var model))
        {
            if (!Directory.Exists(local.FolderOf(version)))
                return null;
            _models[version] = model = ModelArtifact.Load(local.FolderOf(version));
        }

        return model.Schema == schema ? model : null;
    }
}
