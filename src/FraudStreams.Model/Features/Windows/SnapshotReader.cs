using System.Buffers.Binary;
using System.Security.Cryptography;

namespace FraudStreams.Model.Features.Windows;

/// <summary>
/// Reads what <see cref="SnapshotWriter"/> wrote, and checks its SHA-256 at the end. Counts and lengths are range-checked as they are read,
/// because the checksum comes last.
/// </summary>
sealed class SnapshotReader(Stream from) : IDisposable
{
    readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    readonly byte[] _buffer = new byte[1 << 16];
    int _at;
    int _read;

    internal int Int() => BinaryPrimitives.ReadInt32LittleEndian(Next(sizeof(int)));

    internal long Long() => BinaryPrimitives.ReadInt64LittleEndian(Next(sizeof(long)));

    /// <summary>A number that must be in a range.</summary>
    internal int Int(int least, int most)
    {
        var value = Int();
        return value >= least && value <= most ? value : throw Damaged();
    }

    internal byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        for (var done = 0; done < length;)
        {
            var part = Next(Math.Min(length - done, _buffer.Length));
            part.CopyTo(bytes.AsSpan(done));
            done += part.Length;
        }
        return bytes;
    }

    internal Watermark ReadWatermark()
    {
        var now = Long();
        var recent = new long[Int(0, Watermark.Span)];
        for (var i = 0; i < recent.Length; i++)
            recent[i] = Long();
        return Watermark.Of(recent, now);
    }

    /// <summary>Compares the stored checksum with the checksum of everything read.</summary>
    internal void Finish()
    {
        _hash.AppendData(_buffer.AsSpan(0, _at));
        var rest = _buffer.AsSpan(_at, _read - _at).ToArray().AsSpan();
        Span<byte> stored = stackalloc byte[SHA256.HashSizeInBytes + 1];
        var length = Math.Min(rest.Length, stored.Length);
        rest[..length].CopyTo(stored);
        length += from.ReadAtLeast(stored[length..], stored.Length - length, throwOnEndOfStream: false);
        if (length != SHA256.HashSizeInBytes || !stored[..length].SequenceEqual(_hash.GetHashAndReset()))
            throw Damaged();
    }

    public void Dispose() => _hash.Dispose();

    internal static WindowSnapshotException Damaged() =>
        new("The snapshot is damaged: its checksum and its content do not agree, or it is cut short.");

    ReadOnlySpan<byte> Next(int length)
    {
        if (length > _read - _at)
            Fill(length);
        _at += length;
        return _buffer.AsSpan(_at - length, length);
    }

    void Fill(int length)
    {
        _hash.AppendData(_buffer.AsSpan(0, _at));
        _buffer.AsSpan(_at, _read - _at).CopyTo(_buffer);
        _read -= _at;
        _at = 0;
        _read += from.ReadAtLeast(_buffer.AsSpan(_read), length - _read, throwOnEndOfStream: false);
        if (_read < length)
            throw Damaged();
    }
}
