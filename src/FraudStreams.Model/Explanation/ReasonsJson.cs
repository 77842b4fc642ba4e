using System.Buffers;
using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FraudStreams.Model.Explanation;

/// <summary>Reasons as a JSON array, for prediction records.</summary>
public static class ReasonsJson
{
    /// <summary>Most bytes of an array. A category can be as long as a record may be; the weakest reasons are left out first.</summary>
    public const int MaxBytes = 4096;

    static readonly JsonWriterOptions Unescaped = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the reasons in UTF-8, in their order, at most <see cref="MaxBytes"/>.</summary>
    public static byte[] Write(ImmutableArray<Reason> reasons)
    {
        var json = new ArrayBufferWriter<byte>(1024);
        for (var count = reasons.Length; ; count--)
        {
            json.ResetWrittenCount();
            using (var writer = new Utf8JsonWriter(json, Unescaped))
            {
                writer.WriteStartArray();
                foreach (var reason in reasons.AsSpan(0, count))
                    reason.Write(writer);
                writer.WriteEndArray();
            }

            if (json.WrittenCount <= MaxBytes)
                return json.WrittenSpan.ToArray();
        }
    }
}
