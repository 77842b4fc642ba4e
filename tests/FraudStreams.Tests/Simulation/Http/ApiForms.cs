using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using static FraudStreams.Tests.Simulation.Http.TestPaymentsApi;

namespace FraudStreams.Tests.Simulation.Http;

/// <summary>Answers of payments APIs, in the forms that they have.</summary>
static class ApiForms
{
    /// <summary>Of one payment an answer.</summary>
    public const string One = "one object";

    public static readonly string[] All = ["list", One, "table", "text of a table", "current_time", "text of a list", "gzip"];

    /// <param name="payments">Flat JSON objects.</param>
    public static Answer Of(string form, params string[] payments)
    {
        var list = $"[{string.Join(',', payments)}]";
        return form switch
        {
            "list" => new Answer(list),
            One => new Answer(payments[0]),
            "table" => new Answer(Table(payments)),
            "text of a table" => new Answer(JsonSerializer.Serialize(Table(payments))),
            "current_time" => new Answer(JsonSerializer.Serialize(Table([.. payments.Select(AtCurrentTime)]))),
            "text of a list" => new Answer(JsonSerializer.Serialize(list)),
            _ => new Answer(Zipped(Encoding.UTF8.GetBytes(list)), Headers: "Content-Encoding: gzip\r\n"),
        };
    }

    public static byte[] Zipped(byte[] body)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(body);
        return zipped.ToArray();
    }

    /// <summary>As pandas writes a data frame with orient="split".</summary>
    static string Table(string[] payments)
    {
        var rows = payments.Select(payment => JsonNode.Parse(payment)!.AsObject()).ToArray();
        return new JsonObject
        {
            ["columns"] = new JsonArray([.. rows[0].Select(member => (JsonNode)member.Key)]),
            ["index"] = new JsonArray([.. Enumerable.Range(447_145, rows.Length).Select(number => (JsonNode)number)]),
            ["data"] = new JsonArray([.. rows.Select(row => (JsonNode)new JsonArray([.. row.Select(member => member.Value?.DeepClone())]))]),
        }.ToJsonString();
    }

    /// <summary>As APIs for this data set send it: one time in milliseconds in place of the two.</summary>
    static string AtCurrentTime(string payment)
    {
        var json = JsonNode.Parse(payment)!.AsObject();
        var seconds = (long)json["unix_time"]!;
        json.Remove("unix_time");
        json.Remove("trans_date_trans_time");
        json["current_time"] = seconds * 1000;
        return json.ToJsonString();
    }
}
