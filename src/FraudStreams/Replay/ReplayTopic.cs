using FraudStreams.Messaging;
using FraudStreams.Scoring;

namespace FraudStreams.Replay;

/// <summary>Publishes predictions to a side topic that no pipeline consumes.</summary>
sealed class ReplayTopic(IMessageLog topics, string name, TimeProvider time) : IReplayOutput
{
    public async Task WriteAsync(TransactionBatch batch, ReplayStretch stretch)
    {
        var now = time.GetUtcNow();
        var records = new RecordBatch(batch.Rows.Count);
        for (var row = 0; row < batch.Rows.Count; row++)
        {
            if (!stretch.Holds(batch.Rows, row))
                continue;
            records.Add(name, batch.Records[row].Key.Span, (batch, row, now), static (output, it) => it.batch.WritePrediction(output, it.row, it.now));
        }

        await topics.PublishAsync(records, CancellationToken.None);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
