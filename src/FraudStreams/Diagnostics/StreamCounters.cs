namespace FraudStreams.Diagnostics;

/// <summary>
/// What this process has done since it started. Each branch adds a batch at a time after its commit; anyone may read at any moment.
/// </summary>
public sealed class StreamCounters
{
    long _transactions;
    long _scored;
    long _predictedFrauds;
    long _rejected;
    long _stored;
    long _alerted;

    /// <summary>The version that scored last, or is about to score first; null where this process does not score.</summary>
    public string? ModelVersion { get; set; }

    /// <summary>Called with the console's line for each alert that was delivered, on the thread that delivered it.</summary>
    public event Action<string>? AlertDelivered;

    public StreamTotals Totals => new(
        Interlocked.Read(ref _transactions),
        Interlocked.Read(ref _scored),
        Interlocked.Read(ref _predictedFrauds),
        Interlocked.Read(ref _rejected),
        Interlocked.Read(ref _stored),
        Interlocked.Read(ref _alerted));

    /// <summary>Records that the producer of this process has put into `transactions`.</summary>
    public void Produced(int records) => Interlocked.Add(ref _transactions, records);

    public void Scored(int records, int predictedFrauds)
    {
        Interlocked.Add(ref _scored, records);
        Interlocked.Add(ref _predictedFrauds, predictedFrauds);
    }

    public void Rejected(int records) => Interlocked.Add(ref _rejected, records);

    public void Stored(int records) => Interlocked.Add(ref _stored, records);

    /// <param name="line">One line about the alert, with nothing secret in it.</param>
    public void Alerted(string line)
    {
        Interlocked.Increment(ref _alerted);
        AlertDelivered?.Invoke(line);
    }
}

/// <summary>Records since the process started.</summary>
public readonly record struct StreamTotals(long Transactions, long Scored, long PredictedFrauds, long Rejected, long Stored, long Alerted);
