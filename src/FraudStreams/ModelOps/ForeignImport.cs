using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using FraudStreams.Configuration;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Features;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Models;
using FraudStreams.Model.Models.External;
using FraudStreams.Model.Models.Import;
using FraudStreams.Model.Models.Trees;
using FraudStreams.Model.Schemas;
using FraudStreams.Simulation;

namespace FraudStreams.ModelOps;

/// <summary>A version that was made of a model from elsewhere.</summary>
/// <param name="What">What it is, for people: "XGBoost 2.1.3: 200 trees".</param>
/// <param name="Compared">How many scores were compared with the expected ones.</param>
/// <param name="LargestDifference">Between a score and the expected one; null where they must have the same bits.</param>
/// <param name="HasReasons">Whether its scores can be explained.</param>
sealed record ForeignImported(ScoringModel Model, string What, long Compared, double? LargestDifference, bool HasReasons);

/// <summary>Makes a version of a model from elsewhere: trees that XGBoost or LightGBM stored, an ONNX graph, or a pipeline of ML.NET.</summary>
static class ForeignImport
{
    /// <summary>
    /// How far a score of ONNX Runtime or ML.NET may lie from the expected one. They compute in single precision, and in another order with each release and processor.
    /// </summary>
    const double Tolerance = 1e-5;

    const string ScoreColumn = "score";
    const int BatchRows = 2048;

    /// <param name="Check">Checks a scorer that was made of the model, or loaded again, and gives the rows that it was checked with.</param>
    sealed record Read(FeaturePlan Plan, IScorer Scorer, string What, ImmutableSortedDictionary<string, string> Facts, Func<IScorer, double[]> Check);

    /// <summary>Reads the model, checks it and writes it to the registry's folder.</summary>
    /// <param name="file">The model's file.</param>
    /// <param name="map">What its features are (<see cref="FeatureMap"/>).</param>
    /// <param name="threshold">The score from which a payment is predicted a fraud.</param>
    /// <param name="expected">A CSV of payments with the scores that the model must give them; null for none.</param>
    /// <param name="keepSchema">Whether the schema must stay as it is, since a version of it is in service.</param>
    /// <exception cref="ModelArtifactException">The model cannot be scored here, or gives another score than expected.</exception>
    public static ForeignImported Run(
        string file, string map, double threshold, string? expected, TransactionSchema schema, bool keepSchema, LocalModels registry, TimeProvider time, CancellationToken cancellationToken)
    {
        if (threshold is not (>= 0 and <= 1))
            throw new SettingsException($"--threshold {threshold.ToString(CultureInfo.InvariantCulture)}: a score lies in 0 to 1");
        var bytes = File.ReadAllBytes(file);
        try
        {
            var read = ExternalModel.KindOf(bytes) is { } kind ? ReadExternal(kind, bytes, map, schema) : ReadTrees(bytes, map, schema);
            if (keepSchema && read.Plan.Schema != schema)
                throw new SettingsException(
                    $"{map}: {string.Join(", ", read.Plan.Schema.Features.Skip(schema.Features.Length).Select(feature => feature.Name))} would be new in schema {schema.Name}, and the version in service is of the schema without: give the feature that the schema has, or another folder with --data");
            var madeUp = read.Check(read.Scorer);
            var now = time.GetUtcNow();
            var card = new ModelCard(
                registry.NewVersionName(schema.Name, now), now, read.Plan, new ModelThreshold(threshold, "given at the import"), new TrainingFacts(now, now, 0, 0, 0)
                {
                    Settings = read.Facts.Add("file", Path.GetFileName(file)).Add("file-sha256", Convert.ToHexStringLower(SHA256.HashData(bytes))),
                });
            var model = new ScoringModel(card, read.Scorer);
            var (compared, largest) = expected is null ? (0, 0) : Compare(model, expected, cancellationToken);
            return new ForeignImported(Write(model, SelfTest.Of(model.Scorer, madeUp), read.Check, registry), read.What, compared, model.Scorer is ExternalScorer ? largest : null, model.Scorer is TreeEnsemble);
        }
        catch (ModelFormatException e)
        {
            throw new ModelArtifactException($"{file}: {e.Message}", e);
        }
    }

    static Read ReadTrees(byte[] bytes, string map, TransactionSchema schema)
    {
        var foreign = ForeignModel.Read(bytes);
        var features = FeatureMap.Read(map, schema, [.. foreign.Features.Select(feature => feature.Name)]);
        return new Read(
            features.Plan, foreign.ToEnsemble(features.Plan, features.Columns), $"{foreign.Library}: {foreign.Trees} trees",
            Facts(("library", foreign.Library), ("trees", $"{foreign.Trees}")), scorer => foreign.Check((TreeEnsemble)scorer, features.Columns));
    }

    static Read ReadExternal(ExternalKind kind, byte[] bytes, string map, TransactionSchema schema)
    {
        var declared = ExternalModel.InputsOf(kind, bytes);
        var features = FeatureMap.Read(map, schema, null);
        var model = new ExternalModel(kind, bytes, features.Plan.Columns, features.Inputs(declared), features.Output);
        return new Read(
            features.Plan, model.ToScorer(), $"{(kind == ExternalKind.Onnx ? "an ONNX model" : "an ML.NET pipeline")}, scored by {model.Runtime}",
            Facts(("library", model.Runtime)), scorer => ((ExternalScorer)scorer).Check());
    }

    static ImmutableSortedDictionary<string, string> Facts(params ReadOnlySpan<(string Name, string Value)> facts)
    {
        var all = ImmutableSortedDictionary.CreateBuilder<string, string>();
        foreach (var (name, value) in facts)
            all.Add(name, value);
        return all.ToImmutable();
    }

    /// <summary>What is in service later is what the files hold: they are loaded and checked again.</summary>
    static ScoringModel Write(ScoringModel model, SelfTest selfTest, Func<IScorer, double[]> check, LocalModels registry)
    {
        var folder = ModelArtifact.Write(registry.Directory, model, selfTest);
        try
        {
            var loaded = ModelArtifact.Load(folder);
            check(loaded.Scorer);
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
    static (long Compared, double Largest) Compare(ScoringModel model, string file, CancellationToken cancellationToken)
    {
        var single = model.Scorer is TreeEnsemble { SinglePrecision: true };
        var tolerance = model.Scorer is ExternalScorer ? Tolerance : 0;
        using var input = InputFile.Open(file, model.Schema.Csv);
        using var csv = new CsvReader(input.Stream, model.Schema, file, besides: ScoreColumn, input.Format);
        using var rows = new TransactionRows(model.Schema, BatchRows);
        var windows = new WindowState(model.Schema);
        var (expected, scores, lines) = (new double[BatchRows], new double[BatchRows], new long[BatchRows]);
        var (compared, largest) = (0L, 0.0);
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
                var difference = Math.Abs(scores[row] - expected[row]);
                if (!(difference <= tolerance))
                    throw new ModelArtifactException(
                        $"{file}, line {lines[row]}: expects the score {Text(expected[row], single)}, and the model gives {Text(scores[row], single)} here: are the features those that it was trained with? Nothing was imported");
                largest = Math.Max(largest, difference);
            }

            compared += rows.Count;
            rows.Clear();
            if (!more)
                return compared > 0 ? (compared, largest) : throw new ModelArtifactException($"{file}: has no row");
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
