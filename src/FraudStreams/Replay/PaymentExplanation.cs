using System.Text;
using FraudStreams.Messaging;
using FraudStreams.Model.Explanation;
using FraudStreams.Model.Json;
using FraudStreams.Model.Models;
using FraudStreams.Model.Models.Calibrators;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.Storage;
using FraudStreams.Topics;
using FraudStreams.WindowStates;

namespace FraudStreams.Replay;

/// <summary>Where the features of an explained payment come from.</summary>
public enum FeatureOrigin
{
    /// <summary>The prediction carries them.</summary>
    Prediction,

    /// <summary>They were recomputed from the topic of payments.</summary>
    Topic,

    /// <summary>They were recomputed from the payments of the store.</summary>
    Store,
}

/// <summary>A payment's score and why it has it.</summary>
/// <param name="Recorded">Whether the score is of a prediction in the topic; else the champion has scored the payment now.</param>
/// <param name="Recomputed">The score of the features, where it is not the recorded one: then the reasons are about this one.</param>
/// <param name="BaseValue">Log-odds of a payment of which nothing is known; with the contributions they are those of the score, before it is calibrated.</param>
/// <param name="Contributions">By feature, in log-odds.</param>
sealed record ExplainedPayment(
    string Id, double Score, bool IsFraud, string ModelVersion, double Threshold, bool Recorded, double? Recomputed,
    FeatureOrigin FeaturesFrom, double BaseValue,
    IReadOnlyList<KeyValuePair<string, double>> Contributions, IReadOnlyList<Reason> Reasons)
{
    /// <summary>How the version's scores are calibrated.</summary>
    public CalibrationMethod Calibration { get; init; }
}

/// <summary>
/// Explains the score of one payment. The prediction is looked up in its topic. Features that it does not carry are recomputed from the log, read up to the
/// payment, because windows depend on what came before; from the store where the topic no longer has the payment.
/// </summary>
/// <param name="store">Opens the store; null where it holds nothing.</param>
/// <param name="cards">What cards are replaced with; null where they stay as they come.</param>
sealed class PaymentExplanation(IMessageLog topics, TopicSettings settings, TransactionSchema schema, LocalModels local, Func<PredictionStore>? store, CardTokens? cards)
{
    /// <summary>More than one read of a log returns, so that the payment is still there when the read has been taken in.</summary>
    const int KeptPayments = 50_000;

    /// <summary>The explanation, or why there is none.</summary>
    /// <param name="id">The payment's id.</param>
    /// <param name="most">The maximum number of reasons.</param>
    /// <param name="progress">Called with the number of predictions read.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <exception cref="ModelArtifactException">The version's files are damaged.</exception>
    public async Task<(ExplainedPayment? Payment, string? Why)> ExplainAsync(string id, int most, Action<long> progress, CancellationToken cancellationToken)
    {
        var prediction = await FindAsync(id, progress, cancellationToken);
        var version = prediction?.ModelVersion ?? local.ChampionVersion;
        if (version is null || !Directory.Exists(local.FolderOf(version)))
            return (null, $"payment {id} was scored by {version ?? "no version"}, which is not in {local.Directory}: put that version's folder there");
        var model = ModelArtifact.Load(local.FolderOf(version));
        if (model.Schema != schema)
            return (null, $"model {version} is of another schema than {schema.Name} is now: payments it scored cannot be explained with this one");
        if (!ModelExplainer.TryCreate(model, out var explainer, out var whyNot))
            return (null, whyNot);
        if (await FeaturesAsync(id, prediction, model, cancellationToken) is not var (features, origin))
            return (null, WhyUnknown(id, prediction));

        var score = new double[1];
        model.Scorer.Score(features, score);
        var contributions = new double[features.Length];
        explainer.Explainer.Explain(features, contributions);
        return (new ExplainedPayment(
            id, prediction?.Score ?? score[0], prediction?.IsFraud ?? score[0] >= model.Threshold, version, model.Threshold, prediction is not null,
            prediction is null || prediction.Score == score[0] ? null : score[0], origin, explainer.Explainer.BaseValue,
            [
                .. model.Features.Columns.Select((column, feature) => KeyValuePair.Create(column.Name, contributions[feature]))
                    .OrderByDescending(pair => Math.Abs(pair.Value)),
            ],
            explainer.Reasons(features, contributions, most))
        {
            Calibration = model.Card.Calibration?.Method ?? CalibrationMethod.None,
        }, null);
    }

    static string WhyUnknown(string id, Prediction? prediction) => prediction is null
        ? $"there is no payment {id} in the topics or the store"
        : $"the prediction of payment {id} carries no features (scoring.carry-features was off), and neither topic nor store still holds the payment and all that its windows look back on";

    sealed record Prediction(int Partition, double Score, bool IsFraud, string ModelVersion, double[]? Features);

    /// <summary>The first prediction of a payment, which is the one that the store keeps.</summary>
    async Task<Prediction?> FindAsync(string id, Action<long> progress, CancellationToken cancellationToken)
    {
        var read = 0L;
        var utf8 = Encoding.UTF8.GetBytes(id);
        var reader = new PredictionReader(schema, int.MaxValue);
        using var row = new PredictionRows(schema, 1);
        for (var number = 0; number < settings.Partitions; number++)
        {
            await foreach (var records in topics.ReadAsync(new TopicPartition(TopicNames.Predictions, number), 0, long.MaxValue, cancellationToken))
            {
                foreach (var record in records)
                {
                    // Only a record with escapes can hold the id in other bytes; parsing is what takes the time.
                    if (record.Value.Span.IndexOf(utf8) < 0 && !record.Value.Span.Contains((byte)'\\'))
                        continue;
                    row.Clear();
                    if (reader.Read(record.Value.Span, row) is null && row.Transactions.Id(0).SequenceEqual(utf8))
                    {
                        return new Prediction(
                            number, row.Score(0), row.Fraud(0), Encoding.UTF8.GetString(row.ModelVersion(0)), FeatureValues.Read(record.Value.Span));
                    }
                }

                progress(read += records.Count);
            }
        }

        return null;
    }

    async Task<(double[] Features, FeatureOrigin Origin)?> FeaturesAsync(
        string id, Prediction? prediction, ScoringModel model, CancellationToken cancellationToken)
    {
        if (prediction?.Features is { } carried && carried.Length == model.Features.Count)
            return (carried, FeatureOrigin.Prediction);
        if (prediction is not null)
        {
            PartitionWindowStates.CheckDelays(schema, settings.Partitions);
            if (await RecomputeAsync(id, topics, prediction.Partition, settings.Partitions, model, cancellationToken) is { } features)
                return (features, FeatureOrigin.Topic);
        }

        if (store is null)
            return null;
        await using var opened = store();
        return await RecomputeAsync(id, new ReplayStretch().Of(opened, cards), 0, 1, model, cancellationToken) is { } stored ? (stored, FeatureOrigin.Store) : null;
    }

    async Task<double[]?> RecomputeAsync(string id, IReadableLog log, int partition, int partitions, ScoringModel model, CancellationToken cancellationToken)
    {
        await using var payments = new RecomputedPayments(
            log, new TopicPartition(TopicNames.Transactions, partition), schema, partitions, settings.MaxRecordBytes, KeptPayments, cancellationToken);
        if (await payments.FindAsync(id) is not { } row)
            return null;
        var features = new double[model.Features.Count];
        model.Features.Compute(row, features);
        return features;
    }
}
