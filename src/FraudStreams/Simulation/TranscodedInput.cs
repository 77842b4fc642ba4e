using System.Text;

namespace FraudStreams.Simulation;

/// <summary>Text of another encoding as UTF-8. Text that is UTF-8 already and was said to be of one byte a character is refused: it would be read wrongly without a word.</summary>
sealed class TranscodedInput(Stream file, Encoding encoding) : InputStream
{
    const int ChunkBytes = 1 << 15;

    readonly Decoder _decoder = encoding.GetDecoder();
    readonly Decoder? _asUtf8 = encoding.IsSingleByte ? new UTF8Encoding(false, throwOnInvalidBytes: true).GetDecoder() : null;
    readonly byte[] _chunk = new byte[ChunkBytes];
    readonly char[] _chars = new char[encoding.GetMaxCharCount(ChunkBytes)];
    readonly char[] _charsOfUtf8 = new char[ChunkBytes + 1];
    readonly byte[] _text = new byte[Encoding.UTF8.GetMaxByteCount(encoding.GetMaxCharCount(ChunkBytes))];
    readonly Encoder _encoder = Encoding.UTF8.GetEncoder();
    int _start;
    int _filled;
    long _lines;
    bool _ended;
    bool _isUtf8 = encoding.IsSingleByte;
    bool _isAscii = true;

    /// <exception cref="InvalidDataException">Bytes are no character of the encoding, or the text is UTF-8.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (_start == _filled)
        {
            if (_ended)
                return 0;
            Fill();
        }

        var taken = Math.Min(buffer.Length, _filled - _start);
        _text.AsSpan(_start, taken).CopyTo(buffer);
        _start += taken;
        return taken;
    }

    void Fill()
    {
        var read = file.Read(_chunk);
        _ended = read == 0;
        LookForUtf8(_chunk.AsSpan(0, read));
        var chars = 0;
        try
        {
            chars = _decoder.GetChars(_chunk, 0, read, _chars, 0, flush: _ended);
        }
        catch (DecoderFallbackException e)
        {
            var lenient = (Encoding)encoding.Clone();
            lenient.DecoderFallback = DecoderFallback.ReplacementFallback;
            var before = lenient.GetString(_chunk, 0, Math.Clamp(e.Index, 0, read));
            throw new InvalidDataException($"line {_lines + before.Count(c => c == '\n') + 1} has bytes that are no character", e);
        }

        _lines += _chars.AsSpan(0, chars).Count('\n');
        (_start, _filled) = (0, _encoder.GetBytes(_chars.AsSpan(0, chars), _text, flush: _ended));
    }

    void LookForUtf8(ReadOnlySpan<byte> bytes)
    {
        if (!_isUtf8)
            return;
        try
        {
            _isAscii &= Ascii.IsValid(bytes);
            _asUtf8!.GetChars(bytes, _charsOfUtf8, flush: _ended);
        }
        catch (DecoderFallbackException)
        {
            _isUtf8 = false;
        }

        if (_ended && _isUtf8 && !_isAscii)
            throw new InvalidDataException("its text is UTF-8: leave the encoding out");
    }
}
