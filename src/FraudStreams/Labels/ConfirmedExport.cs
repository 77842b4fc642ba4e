using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Schemas;
using FraudStreams.Storage;

namespace FraudStreams.Labels;

/// <summary>
/// Writes the confirmed payments of a store as a training file. The file is replaced atomically: it is written to a temporary file beside it, which is
/// then renamed.
/// </summary>
public static class ConfirmedExport
{
    const int FlushBytes = 256 * 1024;

    /// <summary>A row group is read as a whole, by us and by others.</summary>
    const int RowGroupBytes = 16 * 1024 * 1024;

    /// <param name="store">The store that has the payments.</param>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="columns">The header of the training file whose columns are written; null for the schema's own.</param>
    /// <param name="withHeader">Whether to start with the header line; leave it out for a file that is appended to another.</param>
    /// <param name="parquet">Whether the file is Parquet, with the schema's columns.</param>
    /// <param name="progress">Called with the share written, 0 to 1.</param>
    /// <param name="cancellationToken">Cancels the export; nothing of it is left then.</param>
    /// <returns>The number of rows in the file.</returns>
    public static async Task<long> RunAsync(
        PredictionStore store, string path, CsvHeader? columns, bool withHeader, bool parquet, Action<double> progress, CancellationToken cancellationToken)
    {
        var temporary = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, $".{Path.GetFileName(path)}.{Environment.ProcessId}.tmp");
        try
        {
            var rows = parquet
                ? await WriteParquetAsync(store, temporary, progress, cancellationToken)
                : await WriteCsvAsync(store, temporary, columns, withHeader, progress, cancellationToken);
            File.Move(temporary, path, overwrite: true);
            return rows;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    static async Task<long> WriteCsvAsync(
        PredictionStore store, string path, CsvHeader? columns, bool withHeader, Action<double> progress, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>(FlushBytes + 4096);
        var csv = new ConfirmedCsvWriter(store.Schema, buffer, columns);
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        await using var text = store.Schema.Csv.Encoding is { } name
            ? Encoding.CreateTranscodingStream(file, CsvFormat.EncodingOf(name)!, new UTF8Encoding(false), leaveOpen: true)
            : file;
        if (withHeader)
            csv.WriteHeader();
        try
        {
            var rows = await WriteAsync(store, csv, buffer, FlushBytes, rows => text.WriteAsync(rows, cancellationToken).AsTask(), progress, cancellationToken);
            await text.FlushAsync(cancellationToken);
            file.Flush(flushToDisk: true);
            return rows;
        }
        catch (EncoderFallbackException e)
        {
            throw new InvalidDataException($"a payment has characters that {store.Schema.Csv.Encoding} (csv.encoding of the schema) does not have: {e.Message}", e);
        }
    }

    static async Task<long> WriteParquetAsync(PredictionStore store, string path, Action<double> progress, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>(RowGroupBytes + 4096);
        var csv = new ConfirmedCsvWriter(store.Schema with { Csv = CsvFormat.AsFound }, buffer);
        await using var file = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        long rows;
        await using (var parquet = await ConfirmedParquet.CreateAsync(store.Schema, file, cancellationToken))
        {
            csv.WriteHeader();
            rows = await WriteAsync(
                store, csv, buffer, RowGroupBytes,
                text => parquet.AppendAsync(MemoryMarshal.TryGetArray(text, out var rows) ? new MemoryStream(rows.Array!, rows.Offset, rows.Count) : throw new InvalidOperationException("the buffer is an array"), cancellationToken),
                progress, cancellationToken, csv.WriteHeader);
        }

        file.Flush(flushToDisk: true);
        return rows;
    }

    /// <param name="write">Takes the rows that the buffer holds, each time that they are enough, and at the end.</param>
    /// <param name="afterWrite">Called after each time but the last.</param>
    static async Task<long> WriteAsync(
        PredictionStore store, ConfirmedCsvWriter csv, ArrayBufferWriter<byte> buffer, int flushBytes, Func<ReadOnlyMemory<byte>, Task> write, Action<double> progress,
        CancellationToken cancellationToken, Action? afterWrite = null)
    {
        var expected = await store.CountConfirmedAsync(cancellationToken);
        var rows = 0L;
        await store.ReadConfirmedAsync(csv, AfterRowAsync, cancellationToken);
        await FlushAsync();
        return rows;

        async Task AfterRowAsync()
        {
            rows++;
            if (buffer.WrittenCount < flushBytes)
                return;
            await FlushAsync();
            afterWrite?.Invoke();
        }

        async Task FlushAsync()
        {
            await write(buffer.WrittenMemory);
            buffer.ResetWrittenCount();
            progress(expected == 0 ? 1 : Math.Min(1, rows / (double)expected));
        }
    }
}
