using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FraudStreams.Model.Evaluation.Promotion;

/// <summary>A report as JSON, the same bytes for the same report.</summary>
public static class GateJson
{
    static readonly JsonSerializerOptions s_options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    public static byte[] Write(GateReport report) => JsonSerializer.SerializeToUtf8Bytes(report, s_options);

    /// <summary>SHA-256 of the JSON, in hexadecimal: it says later whether a report is the one that was decided by.</summary>
    public static string DigestOf(GateReport report) => Convert.ToHexStringLower(SHA256.HashData(Write(report)));
}
