using System.Buffers.Binary;
using System.Security.Cryptography;

namespace FraudStreams.Model.Features.Windows;

/// <summary>Writes little-endian numbers and bytes through one buffer, and their SHA-256 at the end.</summary>
sealed class SnapshotWriter(Stream into) : IDisposable
{
    readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    readonly byte[] _buffer = new byte[1 << 16];
    int _used;

    internal void Int(int value) => BinaryPrimitives.WriteInt32LittleEndian(Room(sizeof(int)), value);

    internal void Long(long value) => BinaryPrimitives.WriteInt64LittleEndian(Room(sizeof(long)), value);

    internal void Bytes(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var part = bytes[..Math.Min(bytes.Length, _buffer.Length)];
            part.CopyTo(Room(part.Length));
            bytes = bytes[part.Length..];
        }
    }

    internal void Watermark(Watermark watermark)
    {
        Long(watermark.Now);
        var recent = watermark.Recent.ToArray();
        Int(recent.Length);
        foreach (var time in recent)
            Long(time);
    }

    internal void Finish()
    {
        Flush();
        into.Write(_hash.GetHashAndReset());
    }

    public void Dispose() => _hash.Dispose();

    Span<byte> Room(int length)
    {
        if (length > _buffer.Length - _used)
            Flush();
        _used += length;
        return _buffer.AsSpan(_used - length, length);
    }

    void Flush()
    {
        var written = _buffer.AsSpan(0, _used);
        _hash.AppendData(written);
        into.Write(written);
        _used = 0;
    }
}
