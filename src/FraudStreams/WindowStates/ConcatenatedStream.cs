namespace FraudStreams.WindowStates;

/// <summary>Reads pieces of memory one after the other, as one.</summary>
sealed class ConcatenatedStream(ReadOnlyMemory<byte>[] pieces) : Stream
{
    int _piece;
    int _at;

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
        while (_piece < pieces.Length && _at == pieces[_piece].Length)
            (_piece, _at) = (_piece + 1, 0);
        if (_piece == pieces.Length)
            return 0;
        var read = Math.Min(buffer.Length, pieces[_piece].Length - _at);
        pieces[_piece].Span.Slice(_at, read).CopyTo(buffer);
        _at += read;
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
