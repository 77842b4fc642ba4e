using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.Simulation;
using FraudStreams.Simulation.Generation;

namespace FraudStreams.ModelOps;

/// <summary>Loads the model in service of a data folder; trains a first one where there is none.</summary>
sealed class ModelBootstrap(string dataDirectory, SimulateSettings simulate, ModelSettings settings, TimeProvider time)
{
    readonly ModelRegistry _registry = new(dataDirectory, time);

    public bool HasModel => _registry.ChampionVersion is not null;

    /// <summary>The model in service; where there is none, trains a first one.</summary>
    public ScoringModel Model(TransactionSchema schema, WorkProgress progress, CancellationToken cancellationToken)
    {
        if (_registry.ChampionVersion is { } version)
            return ChampionOrLastGood(version, schema, progress);

        // Hosts that start together on an empty registry score with one model: the first one trains it.
        using var first = _registry.LockFirstTraining(cancellationToken);
        return _registry.ChampionVersion is { } others ? ChampionOrLastGood(others, schema, progress) : TrainFirst(schema, progress, cancellationToken);
    }

    ScoringModel TrainFirst(TransactionSchema schema, WorkProgress progress, CancellationToken cancellationToken)
    {
        var trainer = new Trainer(settings, _registry, progress, time);
        foreach (var history in FirstHistories(schema, progress))
        {
            var (first, why) = trainer.Train(history, cancellationToken);
            if (first is not null)
            {
                _registry.Promote(first.Version, "the first model of this folder");
                return first;
            }

            progress.Warning($"No first model from this history: {why}");
        }

        throw new SettingsException(
            $"there is no model in {dataDirectory} and nothing to learn one from: `fraudstreams train --input CSV --data {dataDirectory}` trains one on labelled payments of schema {schema.Name}");
    }

    ScoringModel ChampionOrLastGood(string version, TransactionSchema schema, WorkProgress progress)
    {
        try
        {
            var champion = ModelArtifact.Load(_registry.FolderOf(version));
            return champion.Schema == schema
                ? champion
                : throw new SettingsException(
                    $"model {version} was trained with another schema {schema.Name} than this one: `fraudstreams train --input CSV` trains one that fits, or name its schema's file with --schema");
        }
        catch (ModelArtifactException e) when (_registry.LastGoodBefore(version, schema) is { } good)
        {
            progress.Warning($"Model {version} cannot be used ({e.Message}); {good.Version}, the last good version, takes its place");
            _registry.Promote(good.Version, $"{version} could not be loaded");
            return good;
        }
    }

    /// <summary>Training data for a first model: the input's own labels, else a generated history where the schema has a generator.</summary>
    IEnumerable<IHistory> FirstHistories(TransactionSchema schema, WorkProgress progress)
    {
        if (simulate.Input is { } input && schema.LabelField >= 0)
        {
            progress.Warning($"There is no model yet: a first one learns from {Path.GetFileName(input)} itself, so its scores on these rows flatter it");
            yield return new CsvHistory(input, schema, settings.FirstRunMaxRows);
        }

        if (schema.Name == PaymentGenerator.SchemaName)
            yield return new GeneratedHistory(simulate.Generator, settings.FirstRunPayments, schema);
    }
}
