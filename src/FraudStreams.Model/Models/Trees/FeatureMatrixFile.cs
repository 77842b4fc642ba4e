using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models;

namespace FraudStreams.Model.Models.Trees;

/// <summary>
/// A feature matrix in a file, so that another library can be compared on the same rows and features. The file is one line of UTF-8 JSON,
/// <c>{"format":"fraudstreams-matrix","version":1,"rows":n,"trainRows":m,"features":[{"name":"amount","kind":"number"},…]}</c>, and a line
/// feed, then n × features 64-bit floats, little-endian, row-major (NaN is a missing value), then n label bytes (0 or 1). The first m rows
/// are the training rows.
/// </summary>
public static class FeatureMatrixFile
{
    const string Format = "fraudstreams-matrix";
    const int LongestHeader = 1 << 20;

    /// <summary>Writes the rows of a training set; row weights are not written.</summary>
    /// <param name="stream">Receives the file; not closed.</param>
    /// <param name="set">The rows.</param>
    /// <param name="trainRows">Number of training rows, from the first: 0..rows.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="trainRows"/> is out of range.</exception>
    public static void Write(Stream stream, TrainingSet set, int trainRows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(trainRows);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(trainRows, set.Rows);
        var header = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(header))
        {
            json.WriteStartObject();
            json.WriteString("format", Format);
            json.WriteNumber("version", 1);
            json.WriteNumber("rows", set.Rows);
            json.WriteNumber("trainRows", trainRows);
            json.WriteStartArray("features");
            foreach (var feature in set.Features)
            {
                json.WriteStartObject();
                json.WriteString("name", feature.Name);
                json.WriteString("kind", feature.Kind == FeatureKind.Number ? "number" : "category");
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        stream.Write(header.WrittenSpan);
        stream.WriteByte((byte)'\n');
        for (var left = set.Values; !left.IsEmpty;)
        {
            var part = left[..Math.Min(left.Length, 1 << 16)];
            stream.Write(MemoryMarshal.AsBytes(part.Span));
            left = left[part.Length..];
        }
        stream.Write(set.Labels.Span);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <returns>All rows, and how many of them, from the first, are training rows.</returns>
    /// <exception cref="ModelFormatException">The file has another format or version, or is truncated.</exception>
    /// <exception cref="ArgumentException">A value or label cannot be used (<see cref="TrainingSet"/>).</exception>
    public static (TrainingSet Set, int TrainRows) Read(Stream stream)
    {
        var (features, rows, trainRows) = ReadHeader(stream);
        var values = new double[rows * features.Length];
        var labels = new byte[rows];
        try
        {
            for (var at = 0; at < values.Length;)
            {
                var part = values.AsSpan(at, Math.Min(values.Length - at, 1 << 16));
                stream.ReadExactly(MemoryMarshal.AsBytes(part));
                at += part.Length;
            }
            stream.ReadExactly(labels);
        }
        catch (EndOfStreamException e)
        {
            throw new ModelFormatException($"The feature matrix ends before its {rows} rows do.", e);
        }
        return (new TrainingSet(features, values, labels), trainRows);
    }

    static (ImmutableArray<FeatureColumn> Features, int Rows, int TrainRows) ReadHeader(Stream stream)
    {
        var line = new List<byte>();
        int next;
        while ((next = stream.ReadByte()) is >= 0 and not '\n' && line.Count < LongestHeader) line.Add((byte)next);
        try
        {
            using var json = JsonDocument.Parse(line.ToArray());
            var root = json.RootElement;
            if (root.GetProperty("format").GetString() != Format || root.GetProperty("version").GetInt32() != 1)
                throw new ModelFormatException($"The file is not a feature matrix of format {Format}, version 1.");
            ImmutableArray<FeatureColumn> features = [.. root.GetProperty("features").EnumerateArray().Select(feature => new FeatureColumn(
                feature.GetProperty("name").GetString() ?? "",
                feature.GetProperty("kind").GetString() == "category" ? FeatureKind.Category : FeatureKind.Number))];
            return (features, root.GetProperty("rows").GetInt32(), root.GetProperty("trainRows").GetInt32());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new ModelFormatException("The first line of the file is not the header of a feature matrix.", e);
        }
    }
}
