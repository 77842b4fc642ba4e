using System.Buffers;
using FraudStreams.Model.Csv;
using FraudStreams.Storage;

namespace FraudStreams.Labels;

/// <summary>
/// Writes the confirmed payments of a store as a training file. Whoever reads the file's name finds the whole of it, or what was there before:
/// it is written beside and then takes the name.
/// </summary>
public static class ConfirmedExport
{
    const int FlushBytes = 256 * 1024;

    /// <param name="store">Where the payments are.</param>
    /// <param name="path">The file to make, or to replace.</param>
    /// <param name="withHeader">Whether it begins with the line of column names; one that is appended to another does not.</param>
    /// <param name="progress">Told the share that is written, 0 to 1.</param>
    /// <param name="ct">Gives it up; nothing of it stays then.</param>
    /// <returns>The rows in the file.</returns>
    public static async Task<long> RunAsync(PredictionStore store, string path, bool withHeader, Action<double> progress, CancellationToken ct)
    {
        var beside = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, $".{Path.GetFileName(path)}.{Environment.ProcessId}.tmp");
        try
        {
            var rows = await WriteAsync(store, beside, withHeader, progress, ct);
            File.Move(beside, path, overwrite: true);
            return rows;
        }
        finally
        {
            File.Delete(beside);
        }
    }

    static async Task<long> WriteAsync(PredictionStore store, string path, bool withHeader, Action<double> progress, CancellationToken ct)
    {
        var expected = await store.CountConfirmedAsync(ct);
        var buffer = new ArrayBufferWriter<byte>(FlushBytes + 4096);
        var csv = new ConfirmedCsvWriter(store.Schema, buffer);
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        if (withHeader) csv.WriteHeader();
        var rows = 0L;
        await store.ReadConfirmedAsync(csv, AfterRowAsync, ct);
        await FlushAsync();
        file.Flush(flushToDisk: true);
        return rows;

        Task AfterRowAsync()
        {
            rows++;
            return buffer.WrittenCount < FlushBytes ? Task.CompletedTask : FlushAsync();
        }

        async Task FlushAsync()
        {
            await file.WriteAsync(buffer.WrittenMemory, ct);
            buffer.ResetWrittenCount();
            progress(expected == 0 ? 1 : Math.Min(1, rows / (double)expected));
        }
    }
}
