namespace FraudStreams.WindowStates;

/// <summary>Reads blocks of memory one after the other, as one stream.</summary>
sealed class ConcatenatedStream(ReadOnlyMemory<byte>[] blocks) : Stream
{
    int _block;
    int _offset;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        while (_block < blocks.Length && _offset == blocks[_block].Length)
            (_block, _offset) = (_block + 1, 0);
        if (_block == blocks.Length)
            return 0;
        var read = Math.Min(buffer.Length, blocks[_block].Length - _offset);
        blocks[_block].Span.Slice(_offset, read).CopyTo(buffer);
        _offset += read;
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // Nothing is written.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
