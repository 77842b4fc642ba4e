using System.Collections.Immutable;
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
    const int MaxShown = 5;

    readonly LocalModels _local = new(dataDirectory, time);

    /// <summary>Whether there is a version already; else the first one is trained.</summary>
    public bool HasModel => _local.ChampionVersion is not null || _local.HasVersions;

    /// <summary>The model in service; where there is none, trains a first one.</summary>
    /// <exception cref="SettingsException">
    /// The model is of another schema, there is nothing to learn a first one from, or there are versions and nothing says which is in service.
    /// </exception>
    public ScoringModel Model(TransactionSchema schema, WorkProgress progress, CancellationToken cancellationToken)
    {
        if (_local.ChampionVersion is { } version)
            return ChampionOrLastGood(version, schema, progress);

        // Hosts that start together on an empty folder score with one model: the first one trains it.
        using var first = _local.LockFirstTraining(cancellationToken);
        if (_local.ChampionVersion is { } others)
            return ChampionOrLastGood(others, schema, progress);
        return _local.GoodVersions() is { IsEmpty: false } versions ? Restored(versions, schema, progress) : TrainFirst(schema, progress, cancellationToken);
    }

    /// <summary>
    /// champion.json is missing and there are versions: it was lost, or they were trained with --keep-champion. Another model than the one that scored until
    /// now would decide about payments, so that a person says which it is.
    /// </summary>
    ScoringModel Restored(ImmutableArray<ScoringModel> versions, TransactionSchema schema, WorkProgress progress)
    {
        var wanted = settings.RestoreChampion;
        var chosen = wanted == ModelSettings.Newest ? versions[0] : versions.FirstOrDefault(model => model.Version == wanted);
        if (chosen is null)
            throw new SettingsException($"{(wanted.Length == 0 ? "" : $"model.restore-champion = {wanted} is none of them: ")}{Offer(_local, versions)}");
        Fitting(chosen, schema);
        progress.Warning($"champion.json was missing; {chosen.Version} is put into service (model.restore-champion = {wanted})");
        _local.Promote(chosen.Version, "champion.json was missing");
        return chosen;
    }

    /// <summary>Names the versions of a folder without champion.json, and how to put one into service.</summary>
    public static string Offer(LocalModels local, ImmutableArray<ScoringModel> versions)
    {
        var shown = versions.Take(MaxShown).Select(model => $"{model.Version} (schema {model.Schema.Name}, trained {model.Card.CreatedAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC)");
        return $"{local.Directory} has {versions.Length} model version{(versions.Length == 1 ? "" : "s")} and no champion.json that says which of them is in service: {string.Join(", ", shown)}"
            + $"{(versions.Length > MaxShown ? ", …" : "")}. Start with --set model.restore-champion=VERSION, or =newest; to train a first model instead, move them away";
    }

    ScoringModel TrainFirst(TransactionSchema schema, WorkProgress progress, CancellationToken cancellationToken)
    {
        var trainer = new Trainer(settings, _local, progress, time);
        foreach (var history in FirstHistories(schema, progress))
        {
            var (first, why) = trainer.Train(history, cancellationToken);
            if (first is not null)
            {
                _local.Promote(first.Version, "the first model of this folder");
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
            return Fitting(ModelArtifact.Load(_local.FolderOf(version)), schema);
        }
        catch (ModelArtifactException e) when (_local.LastGoodBefore(version, schema) is { } good)
        {
            progress.Warning($"Model {version} cannot be used ({e.Message}); {good.Version}, the last good version, takes its place");
            _local.Promote(good.Version, $"{version} could not be loaded");
            return good;
        }
    }

    static ScoringModel Fitting(ScoringModel model, TransactionSchema schema) => model.Schema == schema
        ? model
        : throw new SettingsException(model.Schema.Name == schema.Name
            ? $"model {model.Version} was trained with another schema {schema.Name} than this one: `fraudstreams train --input CSV` trains one that fits, or name its schema's file with --schema"
            : $"model {model.Version} is of schema {model.Schema.Name}, and this is {schema.Name}: give --schema {model.Schema.Name}, or another folder with --data");

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
