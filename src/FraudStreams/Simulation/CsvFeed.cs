using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using FraudStreams.Messaging;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Simulation;

/// <summary>
/// The rows of an input file as JSON objects, in the file's order: a row whose time lies before the one above it is sent in its turn, as a late
/// payment would come. A line that is no row is sent as it is, to be rejected with its reason. The offset is the number of rows read; ids and line
/// numbers depend on it, so on resume rows are counted again, not skipped by their bytes.
/// </summary>
public sealed class CsvFeed : IPaymentFeed
{
    const int HeadBytes = 64 * 1024;

    readonly InputText _file;
    readonly CsvToJson _rows;

    /// <exception cref="SchemaException">The first line does not fit the schema.</exception>
    public CsvFeed(string path, TransactionSchema schema)
    {
        Name = InputFile.NameOf(path);
        _file = InputFile.Open(path, schema.Csv);
        try
        {
            OffsetKeyPrefix = $"file:{Name}:";
            OffsetKey = new TopicPartition(OffsetKeyPrefix + Fingerprint(_file.Stream), 0);
            _file.Stream.Position = 0;
            _rows = new CsvToJson(_file.Stream, schema, schema.Roles.IdFromRow ? InputFile.IdNameOf(path) : Name, format: _file.Format);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    public string Name { get; }

    public TopicPartition OffsetKey { get; }

    public string OffsetKeyPrefix { get; }

    public long Position => _rows.Row;

    public ReadOnlySpan<byte> Key => _rows.Key;

    public long? EventTime => _rows.EventTime;

    public void GoTo(long position, CancellationToken cancellationToken)
    {
        var skipped = new ArrayBufferWriter<byte>(64 * 1024);
        while (_rows.Row < position && _rows.TryRead(skipped))
        {
            cancellationToken.ThrowIfCancellationRequested();
            skipped.ResetWrittenCount();
        }
    }

    public bool TryRead(IBufferWriter<byte> into) => _rows.TryRead(into);

    public void Dispose()
    {
        _rows.Dispose();
        _file.Dispose();
    }

    /// <summary>A hash of a file's length and first bytes: enough to tell another file without reading all of it.</summary>
    static string Fingerprint(Stream file)
    {
        var head = new byte[sizeof(long) + HeadBytes];
        BinaryPrimitives.WriteInt64LittleEndian(head, file.Length);
        var read = file.ReadAtLeast(head.AsSpan(sizeof(long)), HeadBytes, throwOnEndOfStream: false);
        return Convert.ToHexStringLower(SHA256.HashData(head.AsSpan(0, sizeof(long) + read)).AsSpan(0, 8));
    }
}
