using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace FraudStreams.Model.Models;

/// <summary>
/// A model version on disk: a folder with model.json, card.json, self-test.json, drift-reference.json, the file of a model that a runtime of its own scores (model.onnx, model.zip), and
/// SHA256SUMS over them (as <c>sha256sum -c</c> reads it). Writing is atomic,
/// a version is never changed afterwards, and loading fails if any byte differs from what was written, or the model gives another score than it did then.
/// </summary>
public static partial class ModelArtifact
{
    const string ModelFile = "model.json";
    const string CardFile = "card.json";
    const string SelfTestFile = "self-test.json";
    const string SumsFile = "SHA256SUMS";

    /// <summary>
    /// Writes a version to <paramref name="parent"/>/<see cref="ModelCard.Version"/>. The files are flushed to disk before the folder gets its
    /// final name.
    /// </summary>
    /// <param name="parent">The folder of all versions; created if missing.</param>
    /// <param name="model">The model and its card.</param>
    /// <param name="selfTest">Rows that are scored again whenever the version is loaded; null for none.</param>
    /// <param name="more">Further files of the version, by their names, such as its drift reference.</param>
    /// <returns>Path of the version's folder.</returns>
    /// <exception cref="ModelArtifactException">The version already exists, its name is not a valid folder name, or the card has a threshold
    /// outside 0..1 or a metric that is not finite.</exception>
    /// <exception cref="ArgumentException">The scorer is of a type without a stored format.</exception>
    public static string Write(string parent, ScoringModel model, SelfTest? selfTest = null, params (string Name, ReadOnlyMemory<byte> Bytes)[] more)
    {
        var card = model.Card;
        CheckCard(card, $"version \"{card.Version}\"");
        var folder = Path.Combine(parent, card.Version);
        if (Path.Exists(folder))
            throw new ModelArtifactException($"{folder}: already exists; a version is never overwritten");

        var stored = ScorerJson.Write(model.RawScorer);
        var cardJson = ModelCardJson.Write(card, new ModelCardJson.ModelFile(stored.Kind, model.Scorer.FeatureCount, Hash(stored.Json)));
        List<(string Name, ReadOnlyMemory<byte> Bytes)> files = [(ModelFile, stored.Json), (CardFile, cardJson), .. stored.Files];
        if (selfTest is not null)
            files.Add((SelfTestFile, selfTest.ToJson()));
        files.AddRange(more);
        var sums = string.Concat(files.Select(file => $"{Hash(file.Bytes.Span)}  {file.Name}\n"));
        var unfinished = Path.Combine(parent, $".{card.Version}.unfinished");
        // Left by a process that died while it wrote.
        if (Directory.Exists(unfinished))
            Directory.Delete(unfinished, recursive: true);
        Directory.CreateDirectory(unfinished);
        foreach (var (name, bytes) in files)
            WriteThrough(Path.Combine(unfinished, name), bytes.Span);
        WriteThrough(Path.Combine(unfinished, SumsFile), Encoding.ASCII.GetBytes(sums));
        Directory.Move(unfinished, folder);
        return folder;
    }

    /// <summary>Loads and checks a version.</summary>
    /// <param name="folder">The version's folder; its name must be the card's version.</param>
    /// <exception cref="ModelArtifactException">A file is missing, truncated, altered or of an unknown format, or the files do not belong
    /// together; the model fails its self-test. The message names the file.</exception>
    public static ScoringModel Load(string folder)
    {
        var (card, file, sums) = ReadCard(folder);
        var modelPath = Path.Combine(folder, ModelFile);
        var modelJson = ReadChecked(modelPath, sums);
        if (file.Sha256 != sums[ModelFile])
        {
            throw new ModelArtifactException(
                $"{Path.Combine(folder, CardFile)}: is the card of another model: it says SHA-256 {file.Sha256}, {modelPath} has {sums[ModelFile]}");
        }
        try
        {
            var scorer = ScorerJson.Read(file.Kind, modelJson, name => ReadChecked(Path.Combine(folder, name), sums));
            ScorerJson.CheckFeatures(scorer, card.Features.Columns);
            if (file.Features != scorer.FeatureCount)
                throw new ModelFormatException($"it takes {scorer.FeatureCount} features and its card says {file.Features}");
            var model = new ScoringModel(card, scorer);
            Test(folder, sums, model.Scorer);
            return model;
        }
        catch (ModelFormatException e)
        {
            throw new ModelArtifactException($"{modelPath}: {e.Message}", e);
        }
    }

    /// <summary>Loads and checks a version's card alone, without the runtime that its model may need.</summary>
    /// <param name="folder">The version's folder; its name must be the card's version.</param>
    /// <exception cref="ModelArtifactException">The card or SHA256SUMS is missing, truncated, altered or of an unknown format.</exception>
    public static ModelCard LoadCard(string folder) => ReadCard(folder).Card;

    /// <summary>Whether a version's files are as they were written, be its model usable here or not.</summary>
    /// <param name="folder">The version's folder.</param>
    public static bool IsIntact(string folder)
    {
        try
        {
            var sums = ReadSums(Path.Combine(folder, SumsFile));
            foreach (var file in sums.Keys)
                ReadChecked(Path.Combine(folder, file), sums);
            return true;
        }
        catch (ModelArtifactException)
        {
            return false;
        }
    }

    /// <summary>Reads and checks a further file of a version; null where it has none of that name.</summary>
    /// <param name="folder">The version's folder.</param>
    /// <param name="name">The file's name.</param>
    /// <exception cref="ModelArtifactException">It is truncated or altered, or SHA256SUMS is missing.</exception>
    public static byte[]? ReadMore(string folder, string name)
    {
        var sums = ReadSums(Path.Combine(folder, SumsFile));
        return sums.ContainsKey(name) ? ReadChecked(Path.Combine(folder, name), sums) : null;
    }

    static (ModelCard Card, ModelCardJson.ModelFile File, Dictionary<string, string> Sums) ReadCard(string folder)
    {
        if (!Directory.Exists(folder))
            throw new ModelArtifactException($"{folder}: there is no such folder");
        var sums = ReadSums(Path.Combine(folder, SumsFile));
        var cardPath = Path.Combine(folder, CardFile);
        var (card, file) = ModelCardJson.Read(ReadChecked(cardPath, sums), cardPath);
        CheckCard(card, cardPath);
        if (Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))) is var name && name != card.Version)
            throw new ModelArtifactException($"{cardPath}: is the card of version {card.Version}; its folder is {name}");
        return (card, file, sums);
    }

    /// <summary>Versions of earlier releases have no such rows.</summary>
    static void Test(string folder, Dictionary<string, string> sums, IScorer scorer)
    {
        if (!sums.ContainsKey(SelfTestFile))
            return;
        var path = Path.Combine(folder, SelfTestFile);
        try
        {
            if (SelfTest.Read(ReadChecked(path, sums)).Run(scorer) is { } difference)
                throw new ModelArtifactException($"{path}: the model fails its self-test: {difference}");
        }
        catch (ModelFormatException e)
        {
            throw new ModelArtifactException($"{path}: {e.Message}", e);
        }
        // Whatever a runtime throws while it scores is about the model.
        catch (Exception e) when (e is not (ModelArtifactException or OutOfMemoryException))
        {
            throw new ModelArtifactException($"{path}: the model does not score its rows: {e.Message}", e);
        }
    }

    static void CheckCard(ModelCard card, string path)
    {
        if (!FolderName().IsMatch(card.Version))
        {
            throw new ModelArtifactException(
                $"{path}: \"{card.Version}\" cannot be a version's name: 1 to 100 letters, digits, '.', '_', '-', no '.' at first");
        }
        if (!(card.Threshold.Score is >= 0 and <= 1))
            throw new ModelArtifactException($"{path}: the threshold is {card.Threshold.Score}; it lies in 0 to 1");
        foreach (var (metric, value) in card.Metrics)
        {
            if (!double.IsFinite(value))
                throw new ModelArtifactException($"{path}: metric {metric} is {value}; metrics are finite");
        }
    }

    static Dictionary<string, string> ReadSums(string path)
    {
        var sums = new Dictionary<string, string>();
        foreach (var line in Encoding.ASCII.GetString(ReadFile(path)).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = line.Split("  ");
            if (parts is [{ Length: 64 } hash, var file])
                sums[file] = hash;
        }
        foreach (var file in new[] { ModelFile, CardFile })
        {
            if (!sums.ContainsKey(file))
                throw new ModelArtifactException($"{path}: has no SHA-256 for {file}; the folder is truncated or altered");
        }
        return sums;
    }

    static byte[] ReadChecked(string path, Dictionary<string, string> sums)
    {
        var bytes = ReadFile(path);
        var hash = Hash(bytes);
        if (!sums.TryGetValue(Path.GetFileName(path), out var expected))
            throw new ModelArtifactException($"{path}: {SumsFile} has no SHA-256 for it; the folder is altered");
        return hash == expected
            ? bytes
            : throw new ModelArtifactException($"{path}: is truncated or altered: its SHA-256 is {hash}, {SumsFile} says {expected}");
    }

    static byte[] ReadFile(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelArtifactException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    static void WriteThrough(string path, ReadOnlySpan<byte> bytes)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        file.Write(bytes);
        file.Flush(flushToDisk: true);
    }

    static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    [GeneratedRegex(@"\A[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}\z")]
    private static partial Regex FolderName();
}
