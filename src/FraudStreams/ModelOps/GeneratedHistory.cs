using System.Buffers;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Simulation.Generation;

namespace FraudStreams.ModelOps;

/// <summary>The first payments of the generator; the stream continues after them.</summary>
sealed class GeneratedHistory(GeneratorSettings generator, long payments, TransactionSchema schema) : IHistory
{
    const int BatchRows = 2048;

    public TransactionSchema Schema { get; } = schema;

    public string Name => $"a generated history of {payments:N0} payments";

    public IEnumerable<TransactionRows> Read(Action<double> progress, Action<RejectReason> rejected, CancellationToken cancellationToken)
    {
        var source = new PaymentGenerator(generator);
        var writer = new PaymentWriter(source);
        var reader = new TransactionReader(Schema);
        var json = new ArrayBufferWriter<byte>(1024);
        using var rows = new TransactionRows(Schema, BatchRows);
        for (var number = 0L; number < payments; number++)
        {
            json.ResetWrittenCount();
            var payment = source.At(number);
            writer.WriteJson(payment, json);
            if (reader.Read(json.WrittenSpan, rows) is { } reason)
                rejected(reason);
            if (rows.Count < BatchRows && number < payments - 1)
                continue;
            cancellationToken.ThrowIfCancellationRequested();
            yield return rows;
            rows.Clear();
            progress((double)(number + 1) / payments);
        }
    }
}
