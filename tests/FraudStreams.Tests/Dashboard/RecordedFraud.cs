using System.Buffers;
using System.Globalization;
using System.Text.Json.Nodes;
using FraudStreams.Model.Csv;
using FraudStreams.Tests.Api;
using FraudStreams.Tests.WholeProgram;

namespace FraudStreams.Tests.Dashboard;

/// <summary>A payment of a running stream that is predicted a fraud.</summary>
static class RecordedFraud
{
    /// <summary>Sends a fraud of the folder's file at a merchant; its id, once it is stored.</summary>
    public static async Task<string> MakeAsync(RunningApi api, StreamFolder folder, string name, string merchant)
    {
        var (id, card) = ($"page-{name}-{Guid.NewGuid():N}", 4_000_000_000_000_000 + Math.Abs(name.GetHashCode(StringComparison.Ordinal)) % 1_000_000);
        foreach (var payment in PaymentsOf(folder).Where(payment => payment["is_fraud"]!.ToString() == "1"))
        {
            (payment["trans_num"], payment["cc_num"], payment["merchant"]) = (id, card.ToString(CultureInfo.InvariantCulture), merchant);
            await api.ScoresAsync(payment.ToJsonString());
            var asked = await api.AskAsync("/predict", $"[{payment.ToJsonString()}]");
            if (asked.GetProperty("predictions")[0].GetProperty("prediction").GetInt32() != 1)
                continue;
            await api.AskAsync("/predict?mode=record", $"[{payment.ToJsonString()}]");
            await Eventually.TrueAsync(async () => (await api.Client.GetAsync($"/payments/{id}")).IsSuccessStatusCode);
            return id;
        }

        throw new InvalidOperationException("no fraud of the file is predicted as one");
    }

    public static IEnumerable<JsonObject> PaymentsOf(StreamFolder folder)
    {
        using var file = File.OpenRead(folder.Input);
        using var rows = new CsvToJson(file, TrainedModel.Schema, folder.Input);
        for (var record = new ArrayBufferWriter<byte>(); rows.TryRead(record); record.ResetWrittenCount())
            yield return JsonNode.Parse(record.WrittenSpan)!.AsObject();
    }
}
