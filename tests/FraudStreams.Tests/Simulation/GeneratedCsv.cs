using System.Buffers;
using FraudStreams.Simulation.Generation;

namespace FraudStreams.Tests.Simulation;

/// <summary>Files of generated payments.</summary>
static class GeneratedCsv
{
    /// <param name="from">The number of the first payment.</param>
    /// <param name="change">What becomes of a payment before it is written.</param>
    public static void Write(string path, PaymentGenerator generator, int payments, int from = 0, Func<Payment, Payment>? change = null)
    {
        var writer = new PaymentWriter(generator);
        var rows = new ArrayBufferWriter<byte>();
        rows.Write(PaymentWriter.CsvHeader);
        for (var number = from; number < from + payments; number++)
            writer.WriteCsv(change?.Invoke(generator.At(number)) ?? generator.At(number), rows);
        File.WriteAllBytes(path, rows.WrittenSpan.ToArray());
    }
}
