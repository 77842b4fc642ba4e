using System.Buffers;
using FraudStreams.Model.Csv;
using FraudStreams.Storage;

namespace FraudStreams.Labels;

/// <summary>
/// Writes the confirmed payments of a store as a training file. The file is replaced atomically: it is written to a temporary file beside it, which is
/// then renamed.
/// </summary>
public static class ConfirmedExport
{
    const int FlushBytes = 256 * 1024;

    /// <param name="store">The store that has the payments.</param>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="columns">The header of the training file whose columns are written; null for the schema's own.</param>
    /// <param name="withHeader">Whether to start with the header line; leave it out for a file that is appended to another.</param>
    /// <param name="progress">Called with the share written, 0 to 1.</param>
    /// <param name="cancellationToken">Cancels the export; nothing of it is left then.</param>
    /// <returns>The number of rows in the file.</returns>
    public static async Task<long> RunAsync(
        PredictionStore store, string path, CsvHeader? columns, bool withHeader, Action<double> progress, CancellationToken cancellationToken)
    {
        var temporary = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, $".{Path.GetFileName(path)}.{Environment.ProcessId}.tmp");
        try
        {
            var rows = await WriteAsync(store, temporary, columns, withHeader, progress, cancellationToken);
            File.Move(temporary, path, overwrite: true);
            return rows;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    static async Task<long> WriteAsync(
        PredictionStore store, string path, CsvHeader? columns, bool withHeader, Action<double> progress, CancellationToken cancellationToken)
    {
        var expected = await store.CountConfirmedAsync(cancellationToken);
        var buffer = new ArrayBufferWriter<byte>(FlushBytes + 4096);
        var csv = new ConfirmedCsvWriter(store.Schema, buffer, columns);
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        if (withHeader) csv.WriteHeader();
        var rows = 0L;
        await store.ReadConfirmedAsync(csv, AfterRowAsync, cancellationToken);
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
            await file.WriteAsync(buffer.WrittenMemory, cancellationToken);
            buffer.ResetWrittenCount();
            progress(expected == 0 ? 1 : Math.Min(1, rows / (double)expected));
        }
    }
}
