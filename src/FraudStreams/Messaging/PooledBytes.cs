using System.Buffers;

namespace FraudStreams.Messaging;

/// <summary>A growing buffer from the shared pool, to which it returns when disposed; unusable after that.</summary>
internal sealed class PooledBytes(int capacity) : IBufferWriter<byte>, IDisposable
{
    byte[]? _bytes = ArrayPool<byte>.Shared.Rent(capacity);

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Slice(int start, int length) => Buffer.AsSpan(start, length);

    byte[] Buffer => _bytes ?? throw new ObjectDisposedException(nameof(RecordBatch));

    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        Length += bytes.Length;
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(Buffer.Length - Length), nameof(count));
        Length += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return Buffer.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return Buffer.AsSpan(Length);
    }

    public void Truncate(int length) => Length = length;

    public void Dispose()
    {
        if (_bytes is null) return;

        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = null;
        Length = 0;
    }

    void Ensure(int sizeHint)
    {
        var needed = Length + (long)Math.Max(1, sizeHint);
        if (needed <= Buffer.Length) return;

        if (needed > Array.MaxLength) throw new MessageLogException($"A batch may hold at most {Array.MaxLength:N0} bytes; publish it in parts.");
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Array.MaxLength, Math.Max(needed, Buffer.Length * 2L)));
        Buffer.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(Buffer);
        _bytes = larger;
    }
}
