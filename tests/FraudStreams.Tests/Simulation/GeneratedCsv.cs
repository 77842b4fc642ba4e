using System.Buffers;
using FraudStreams.Simulation.Generation;

namespace FraudStreams.Tests.Simulation;

/// <summary>Files of generated payments.</summary>
static class GeneratedCsv
{
    public static void Write(string path, PaymentGenerator generator, int payments)
    {
        var writer = new PaymentWriter(generator);
        var rows = new ArrayBufferWriter<byte>();
        rows.Write(PaymentWriter.CsvHeader);
        for (var number = 0; number < payments; number++)
            writer.WriteCsv(generator.At(number), rows);
        File.WriteAllBytes(path, rows.WrittenSpan.ToArray());
    }
}
