using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using FraudStreams.Model.Features;

namespace FraudStreams.Model.Models.External;

/// <summary>The kinds of models that a runtime of its own scores.</summary>
public enum ExternalKind
{
    /// <summary>An ONNX graph, scored by ONNX Runtime.</summary>
    Onnx,

    /// <summary>A pipeline that ML.NET saved as .zip.</summary>
    MLNet,
}

/// <summary>
/// A model that a runtime of its own scores: its file, what its inputs are, and which output is the score. Stored as model.json, with the file beside it.
/// </summary>
/// <param name="Kind">The runtime.</param>
/// <param name="File">The bytes of its file.</param>
/// <param name="Features">The columns of the plan.</param>
/// <param name="Inputs">Its inputs; each value a column of the plan.</param>
/// <param name="Output">Its score.</param>
public sealed record ExternalModel(
    ExternalKind Kind, ReadOnlyMemory<byte> File, ImmutableArray<FeatureColumn> Features, ImmutableArray<ModelInput> Inputs, ModelOutput Output)
{
    const string Format = "fraudstreams-external";
    const int Version = 1;

    /// <summary>Name of the file beside model.json.</summary>
    public string FileName => FileNameOf(Kind);

    /// <summary>The runtime's name, for messages.</summary>
    public string Runtime => RuntimeOf(Kind);

    /// <summary>Which kind of model a file is by its first bytes; null if it is none of them.</summary>
    public static ExternalKind? KindOf(ReadOnlySpan<byte> file) =>
        file.StartsWith("PK\x03\x04"u8) ? ExternalKind.MLNet
        // A protobuf whose first field is the version of the format, ir_version.
        : file.Length > 1 && file[0] == 8 ? ExternalKind.Onnx
        : null;

    /// <summary>The inputs that a model's file describes.</summary>
    /// <exception cref="ModelFormatException">It is no model of this kind, or is damaged.</exception>
    public static ImmutableArray<DeclaredInput> InputsOf(ExternalKind kind, ReadOnlyMemory<byte> file) =>
        kind == ExternalKind.Onnx ? OnnxScorer.InputsOf(file) : PipelineScorer.InputsOf(file);

    /// <summary>Loads the model into its runtime.</summary>
    /// <exception cref="ModelFormatException">The file, its inputs or its output do not fit each other: what, and what would be right.</exception>
    public ExternalScorer ToScorer() => Kind == ExternalKind.Onnx ? new OnnxScorer(this) : new PipelineScorer(this);

    internal static string NameOf(ExternalKind kind) => kind == ExternalKind.Onnx ? "onnx" : "ml.net";

    internal static string RuntimeOf(ExternalKind kind) => kind == ExternalKind.Onnx ? "ONNX Runtime" : "ML.NET";

    internal static string FileNameOf(ExternalKind kind) => kind == ExternalKind.Onnx ? "model.onnx" : "model.zip";

    internal byte[] ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            ModelJson.WriteHead(json, Format, Version);
            json.WriteString("file", FileName);
            json.WriteString("sha256", Hash(File.Span));
            json.WriteStartArray("features");
            foreach (var feature in Features)
            {
                json.WriteStartObject();
                ModelJson.WriteColumn(json, feature);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("inputs");
            foreach (var input in Inputs)
                WriteInput(json, input);
            json.WriteEndArray();
            json.WriteStartObject("output");
            json.WriteString("name", Output.Name);
            json.WriteString("class", Output.Class);
            json.WriteBoolean("logOdds", Output.IsLogOdds);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    static void WriteInput(Utf8JsonWriter json, ModelInput input)
    {
        json.WriteStartObject();
        json.WriteString("name", input.Name);
        json.WriteStartArray("values");
        foreach (var value in input.Values)
        {
            json.WriteStartObject();
            json.WriteNumber("column", value.Column);
            json.WriteStartArray("texts");
            foreach (var text in value.Texts)
                json.WriteStringValue(text);
            json.WriteEndArray();
            json.WriteString("missing", value.Missing);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <param name="kind">As the card says.</param>
    /// <param name="utf8">model.json.</param>
    /// <param name="file">Reads a file of the version's folder.</param>
    /// <exception cref="ModelFormatException">It is not what <see cref="ToJson"/> wrote, or belongs to another file.</exception>
    internal static ExternalModel FromJson(ExternalKind kind, ReadOnlyMemory<byte> utf8, Func<string, byte[]> file) => ModelJson.Read(utf8, "The model's inputs", Format, Version, root =>
    {
        ImmutableArray<FeatureColumn> features = [.. root.GetProperty("features").EnumerateArray().Select(ModelJson.ReadColumn)];
        var output = root.GetProperty("output");
        var bytes = file(FileNameOf(kind));
        if (root.GetProperty("sha256").GetString() is var expected && Hash(bytes) is var hash && hash != expected)
            throw new ModelFormatException($"it belongs to a file with SHA-256 {expected}; {FileNameOf(kind)} has {hash}");
        return new ExternalModel(
            kind, bytes, features, [.. root.GetProperty("inputs").EnumerateArray().Select(input => ReadInput(input, features.Length))],
            new ModelOutput(output.GetProperty("name").GetString(), output.GetProperty("class").GetString(), output.GetProperty("logOdds").GetBoolean()));
    });

    static ModelInput ReadInput(JsonElement input, int features) => new(
        input.GetProperty("name").GetString() ?? "",
        [.. input.GetProperty("values").EnumerateArray().Select(value => new InputValue(
            value.GetProperty("column").GetInt32() is var column && column >= 0 && column < features
                ? column
                : throw new ModelFormatException($"There is no feature {column}."),
            [.. value.GetProperty("texts").EnumerateArray().Select(text => text.GetString() ?? "")],
            value.GetProperty("missing").GetString()))]);

    static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
