using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.Simulation.Generation;

namespace FraudStreams.ModelOps;

/// <summary>What a data folder and an input decide together: the schema of the stream and the model in service, a first one where there is none.</summary>
sealed class ModelBootstrap(FraudSettings settings, TimeProvider time)
{
    readonly ModelRegistry _shelf = new(settings.DataDirectory, time);

    /// <summary>
    /// The schema that the settings name; or, with `auto`, the one that the input's header fits, the champion's where there is no input,
    /// and `cards` in an empty folder.
    /// </summary>
    /// <exception cref="SettingsException">No schema fits, or the data folder belongs to another one.</exception>
    public TransactionSchema Schema()
    {
        var champion = ChampionSchema();
        var schema = settings.Schema != "auto" ? SchemaFile.Read(settings.Schema)
            : settings.Simulate.Input is { } input ? SchemaOf(input)
            : champion ?? SchemaFile.Read(PaymentGenerator.SchemaName);
        if (champion is not null && champion.Name != schema.Name)
        {
            throw new SettingsException(
                $"{settings.DataDirectory} belongs to schema {champion.Name}, and this is {schema.Name}: give another folder with --data");
        }

        return schema;
    }

    public bool HasModel => _shelf.ChampionVersion is not null;

    /// <summary>The model in service; where there is none, trains a first one.</summary>
    public ScoringModel Model(TransactionSchema schema, WorkProgress progress, CancellationToken cancellationToken)
    {
        if (_shelf.ChampionVersion is { } version)
            return ChampionOrLastGood(version, schema, progress);

        // Hosts that start together on one empty shelf score with one model: the first to come trains it.
        using var first = _shelf.BeFirst(cancellationToken);
        return _shelf.ChampionVersion is { } others ? ChampionOrLastGood(others, schema, progress) : TrainFirst(schema, progress, cancellationToken);
    }

    ScoringModel TrainFirst(TransactionSchema schema, WorkProgress progress, CancellationToken cancellationToken)
    {
        var trainer = new Trainer(settings.Model, _shelf, progress, time);
        foreach (var history in FirstHistories(schema, progress))
        {
            var (first, why) = trainer.Train(history, cancellationToken);
            if (first is not null)
            {
                _shelf.Promote(first.Version, "the first model of this folder");
                return first;
            }

            progress.Warning($"No first model from there: {why}");
        }

        throw new SettingsException(
            $"there is no model in {settings.DataDirectory} and nothing to learn one from: `fraudstreams train --input CSV --data {settings.DataDirectory}` trains one on labelled payments of schema {schema.Name}");
    }

    ScoringModel ChampionOrLastGood(string version, TransactionSchema schema, WorkProgress progress)
    {
        try
        {
            var champion = ModelArtifact.Load(_shelf.FolderOf(version));
            return champion.Schema == schema
                ? champion
                : throw new SettingsException(
                    $"model {version} was trained with another schema {schema.Name} than this one: `fraudstreams train --input CSV` trains one that fits, or name its schema's file with --schema");
        }
        catch (ModelArtifactException e) when (_shelf.LastGoodBefore(version, schema) is { } good)
        {
            progress.Warning($"Model {version} cannot be used ({e.Message}); {good.Version}, the last good version, takes its place");
            _shelf.Promote(good.Version, $"{version} could not be loaded");
            return good;
        }
    }

    /// <summary>The one schema of the program that the header of a CSV file fits.</summary>
    static TransactionSchema SchemaOf(string input)
    {
        var refusals = new List<string>();
        foreach (var name in SchemaFile.Names)
        {
            var schema = SchemaFile.Read(name);
            try
            {
                using var file = File.OpenRead(input);
                using var csv = new CsvReader(file, schema, Path.GetFileName(input));
                return schema;
            }
            catch (SchemaException e)
            {
                refusals.Add(e.Message);
            }
        }

        throw new SettingsException(
            $"{input} fits none of the schemas {string.Join(", ", SchemaFile.Names)}; name one with --schema, or a file of your own:\n{string.Join('\n', refusals)}");
    }

    TransactionSchema? ChampionSchema()
    {
        if (_shelf.ChampionVersion is not { } version)
            return null;
        try
        {
            return ModelArtifact.Load(_shelf.FolderOf(version)).Schema;
        }
        catch (ModelArtifactException)
        {
            // Loading it to score says what is wrong; what takes its place then decides here already.
            return _shelf.LastGoodBefore(version)?.Schema;
        }
    }

    /// <summary>What a first model can learn from: the input's own labels, else a generated history where the schema has a generator.</summary>
    IEnumerable<IHistory> FirstHistories(TransactionSchema schema, WorkProgress progress)
    {
        if (settings.Simulate.Input is { } input && schema.LabelField >= 0)
        {
            progress.Warning($"There is no model yet: a first one learns from {Path.GetFileName(input)} itself, so its scores on these rows flatter it");
            yield return new CsvHistory(input, schema, settings.Model.FirstRunMaxRows);
        }

        if (schema.Name == PaymentGenerator.SchemaName)
            yield return new GeneratedHistory(settings.Simulate.Generator, settings.Model.FirstRunPayments, schema);
    }
}
