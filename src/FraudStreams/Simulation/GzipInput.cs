using System.IO.Compression;

namespace FraudStreams.Simulation;

/// <summary>
/// Unpacks gzip, of one member or several, and refuses a file that is cut: <see cref="GZipStream"/> takes its end for the end of the data. So a member of
/// our own is put behind the file; only a file that is whole leads to it.
/// </summary>
sealed class GzipInput(Stream file) : InputStream
{
    const int BufferBytes = 1 << 16;

    static readonly byte[] s_end = "\0fraudstreams: the file is whole\0"u8.ToArray();
    static readonly byte[] s_member = Packed(s_end);

    readonly GZipStream _unpacked = new(new Followed(file, s_member), CompressionMode.Decompress);
    readonly byte[] _buffer = new byte[BufferBytes];
    int _start;
    int _filled;

    /// <exception cref="InvalidDataException">The file is damaged or cut.</exception>
    public override int Read(Span<byte> buffer)
    {
        // What may be the member behind the file is held back until it is known.
        while (_filled - _start <= s_end.Length)
        {
            _buffer.AsSpan(_start, _filled - _start).CopyTo(_buffer);
            (_start, _filled) = (0, _filled - _start);
            var read = Unpack();
            if (read == 0)
                return _buffer.AsSpan(0, _filled).SequenceEqual(s_end) ? 0 : throw new InvalidDataException("it is cut before the end of its data");
            _filled += read;
        }

        var taken = Math.Min(buffer.Length, _filled - _start - s_end.Length);
        _buffer.AsSpan(_start, taken).CopyTo(buffer);
        _start += taken;
        return taken;
    }

    /// <summary>What the library says depends on where the file is cut, and is of archives.</summary>
    int Unpack()
    {
        try
        {
            return _unpacked.Read(_buffer, _filled, _buffer.Length - _filled);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException("it is cut or damaged", e);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _unpacked.Dispose();
        base.Dispose(disposing);
    }

    static byte[] Packed(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(content);
        return packed.ToArray();
    }

    /// <summary>A stream, and bytes behind it.</summary>
    sealed class Followed(Stream first, byte[] then) : InputStream
    {
        int _taken;

        public override int Read(Span<byte> buffer)
        {
            var read = first.Read(buffer);
            if (read > 0 || buffer.IsEmpty)
                return read;
            read = Math.Min(buffer.Length, then.Length - _taken);
            then.AsSpan(_taken, read).CopyTo(buffer);
            _taken += read;
            return read;
        }
    }
}
