using System.Buffers;
using System.Text;
using FraudStreams.Messaging;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Simulation.Generation;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;

namespace FraudStreams.Tests.Scoring;

/// <summary>Generated payments as records, rows and batches.</summary>
static class Payments
{
    public static readonly TopicPartition Partition = new("transactions", 0);

    public static List<byte[]> Json(int count)
    {
        var generator = new PaymentGenerator(TrainedModel.Generator(seed: 9));
        var writer = new PaymentWriter(generator);
        var json = new ArrayBufferWriter<byte>();
        var payments = new List<byte[]>();
        for (var number = 0; number < count; number++)
        {
            json.ResetWrittenCount();
            writer.WriteJson(generator.At(number), json);
            payments.Add(json.WrittenSpan.ToArray());
        }

        return payments;
    }

    public static TransactionRows Rows(int count)
    {
        var rows = new TransactionRows(TrainedModel.Schema);
        var reader = new TransactionReader(TrainedModel.Schema);
        foreach (var json in Json(count))
            _ = reader.Read(json, rows) is { } reason ? throw new InvalidOperationException(reason.Message) : true;
        new WindowState(TrainedModel.Schema).Advance(rows);
        return rows;
    }

    /// <summary>Records from an offset on; a text that is not a payment is kept as it is.</summary>
    public static List<TopicRecord> Records(long firstOffset, params IEnumerable<byte[]> values) => [.. values.Select((value, index) =>
        new TopicRecord(Partition, firstOffset + index, Encoding.UTF8.GetBytes("4000"), value, 0))];

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
