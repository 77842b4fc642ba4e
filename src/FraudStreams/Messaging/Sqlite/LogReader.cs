namespace FraudStreams.Messaging.Sqlite;

/// <summary>Reads one partition forward and waits at its end for the next append. One caller at a time.</summary>
internal sealed class LogReader(LogScan scan, TopicPartition partition, AppendNotifier signals) : IDisposable
{
    /// <summary>The records from an offset on, at least one: waits while there are none.</summary>
    public async Task<TopicRecord[]> ReadAsync(long from, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var next = signals.Next(partition);
            var records = Read(from);
            if (records.Length > 0) return records;
            await signals.WaitAsync(next, cancellationToken);
        }
    }

    /// <inheritdoc cref="LogScan.Read"/>
    public TopicRecord[] Read(long from) => scan.Read(from);

    public void Dispose() => scan.Dispose();
}
