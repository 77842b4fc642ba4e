using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using FraudStreams.Configuration;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Models;
using FraudStreams.Model.Models.Import;
using FraudStreams.Model.Models.Trees;
using FraudStreams.Model.Schemas;

namespace FraudStreams.ModelOps;

/// <summary>Makes a version of a model that XGBoost or LightGBM stored.</summary>
static class ForeignImport
{
    const string ScoreColumn = "score";
    const int BatchRows = 2048;

    /// <summary>Reads the model, checks it and writes it to the registry's folder.</summary>
    /// <param name="file">The model's file.</param>
    /// <param name="map">What its features are (<see cref="FeatureMap"/>).</param>
    /// <param name="threshold">The score from which a payment is predicted a fraud.</param>
    /// <param name="expected">A CSV of payments with the scores that the model must give them; null for none.</param>
    /// <param name="keepSchema">Whether the schema must stay as it is, since a version of it is in service.</param>
    /// <returns>The version, and how many scores were compared with the expected ones.</returns>
    /// <exception cref="ModelArtifactException">The model cannot be scored here, or gives another score than expected.</exception>
    public static (ScoringModel Model, long Compared) Run(
        string file, string map, double threshold, string? expected, TransactionSchema schema, bool keepSchema, LocalModels registry, TimeProvider time, CancellationToken cancellationToken)
    {
        if (threshold is not (>= 0 and <= 1))
            throw new SettingsException($"--threshold {threshold.ToString(CultureInfo.InvariantCulture)}: a score lies in 0 to 1");
        var bytes = File.ReadAllBytes(file);
        try
        {
            var foreign = ForeignModel.Read(bytes);
            var features = FeatureMap.Read(map, schema, foreign);
            if (keepSchema && features.Plan.Schema != schema)
                throw new SettingsException(
                    $"{map}: {string.Join(", ", features.Plan.Schema.Features.Skip(schema.Features.Length).Select(feature => feature.Name))} would be new in schema {schema.Name}, and the version in service is of the schema without: give the feature that the schema has, or another folder with --data");
            var scorer = foreign.ToEnsemble(features.Plan, features.Columns);
            var madeUp = foreign.Check(scorer, features.Columns);
            var now = time.GetUtcNow();
            var card = new ModelCard(
                registry.NewVersionName(schema.Name, now), now, features.Plan, new ModelThreshold(threshold, "given at the import"), new TrainingFacts(now, now, 0, 0, 0)
                {
                    Settings = ImmutableSortedDictionary.CreateRange(
                    [
                        KeyValuePair.Create("library", foreign.Library),
                        KeyValuePair.Create("file", Path.GetFileName(file)),
                        KeyValuePair.Create("file-sha256", Convert.ToHexStringLower(SHA256.HashData(bytes))),
                        KeyValuePair.Create("trees", $"{foreign.Trees}"),
                    ]),
                });
            var model = new ScoringModel(card, scorer);
            var compared = expected is null ? 0 : Compare(model, scorer.SinglePrecision, expected, cancellationToken);
            return (Write(model, SelfTest.Of(scorer, madeUp), foreign, features, registry), compared);
        }
        catch (ModelFormatException e)
        {
            throw new ModelArtifactException($"{file}: {e.Message}", e);
        }
    }

    /// <summary>What is in service later is what the files hold: they are loaded and checked again.</summary>
    static ScoringModel Write(ScoringModel model, SelfTest selfTest, ForeignModel foreign, FeatureMap features, LocalModels registry)
    {
        var folder = ModelArtifact.Write(registry.Directory, model, selfTest);
        try
        {
            var loaded = ModelArtifact.Load(folder);
            foreign.Check((TreeEnsemble)loaded.Scorer, features.Columns);
            return loaded;
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    /// <summary>Scores the rows in the order of the file, windows over the file's own rows included.</summary>
    /// <exception cref="ModelArtifactException">A row cannot be read, or its score is another: the first such row.</exception>
    static long Compare(ScoringModel model, bool single, string file, CancellationToken cancellationToken)
    {
        using var stream = File.OpenRead(file);
        using var csv = new CsvReader(stream, model.Schema, file, besides: ScoreColumn);
        using var rows = new TransactionRows(model.Schema, BatchRows);
        var windows = new WindowState(model.Schema);
        var (expected, scores, lines) = (new double[BatchRows], new double[BatchRows], new long[BatchRows]);
        var compared = 0L;
        while (true)
        {
            var more = csv.TryRead(rows, out var reason);
            if (reason is not null)
                throw new ModelArtifactException($"{file}, line {csv.Line}: {reason.Message}");
            if (more)
                (expected[rows.Count - 1], lines[rows.Count - 1]) = (ScoreOf(csv, single, file), csv.Line);
            if (rows.Count < BatchRows && more)
                continue;
            cancellationToken.ThrowIfCancellationRequested();
            windows.Advance(rows);
            model.Score(rows, scores.AsSpan(0, rows.Count));
            for (var row = 0; row < rows.Count; row++)
            {
                if (scores[row] != expected[row])
                    throw new ModelArtifactException(
                        $"{file}, line {lines[row]}: expects the score {Text(expected[row], single)}, and the model gives {Text(scores[row], single)} here: are the features those that it was trained with? Nothing was imported");
            }

            compared += rows.Count;
            rows.Clear();
            if (!more)
                return compared > 0 ? compared : throw new ModelArtifactException($"{file}: has no row");
        }
    }

    static double ScoreOf(CsvReader csv, bool single, string file)
    {
        var text = csv.Besides;
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var score))
            throw new ModelArtifactException($"{file}, line {csv.Line}: {ScoreColumn} is \"{text}\", which is not a number");
        return single ? float.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture) : score;
    }

    static string Text(double score, bool single) => single ? ((float)score).ToString(CultureInfo.InvariantCulture) : score.ToString(CultureInfo.InvariantCulture);
}
