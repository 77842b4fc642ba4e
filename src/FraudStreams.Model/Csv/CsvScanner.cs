using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Csv;

/// <summary>
/// Splits a stream into CSV records (RFC 4180: quotes, doubled quotes, line ends in quotes; CRLF or LF) and records into fields, in one
/// pooled buffer. The separator is the declared one, or that which the first line names (sep=;) or has most of: comma, semicolon, tab or bar. Skips blank
/// lines, also those of nothing but separators, as spreadsheets write empty rows. A quote that is not closed within <see cref="LongestQuoted"/> bytes invalidates its own line, not
/// the rest of the file. Spans are valid until the next record.
/// </summary>
sealed class CsvScanner : IDisposable
{
    const int LongestQuoted = 1 << 20;
    const int LongestLine = 1 << 28;

    readonly Stream _stream;
    readonly string _file;
    readonly byte _quote;
    readonly bool _isDeclared;
    readonly List<Field> _fields = [];
    byte[] _buffer = ArrayPool<byte>.Shared.Rent(1 << 18);
    int _next;
    int _filled;
    bool _ended;
    long _bufferOffset;
    long _end = long.MaxValue;
    long _nextLine = 1;
    int _lineStart;
    int _lineLength;

    internal CsvScanner(Stream stream, string file, CsvFormat format)
    {
        _stream = stream;
        _file = file;
        _quote = format.QuoteByte;
        if (format.Separator is { } declared)
            (Separator, _isDeclared) = ((byte)declared, true);
        Fill();
        while (_filled < 3 && !_ended)
            Fill();
        if (_buffer.AsSpan(0, _filled).StartsWith("\uFEFF"u8))
            _next = 3;
        FindSeparator();
    }

    internal readonly record struct Field(int Start, int Length, bool HasDoubledQuotes);

    /// <summary>Number of the line on which the record begins, from 1.</summary>
    internal long LineNumber { get; private set; }

    /// <summary>What separates the fields of a record.</summary>
    internal byte Separator { get; private set; } = (byte)',';

    /// <summary>Whether the file begins with a line sep=; that names the separator.</summary>
    internal bool NamesSeparator { get; private set; }

    /// <summary>Whether the quote is the double one.</summary>
    internal bool QuotesDouble => _quote == '"';

    /// <summary>Byte offset of the next record, from the start of the stream.</summary>
    internal long NextOffset => _bufferOffset + _next;

    internal long NextLine => _nextLine;

    /// <summary>Whether the record has a quote that is never closed; it then has no fields.</summary>
    internal bool HasOpenQuote { get; private set; }

    /// <summary>The record's bytes without the line end.</summary>
    internal ReadOnlySpan<byte> Line => _buffer.AsSpan(_lineStart, _lineLength);

    internal ReadOnlySpan<Field> Fields => CollectionsMarshal.AsSpan(_fields);

    /// <summary>A field's bytes without the surrounding quotes; doubled quotes are still doubled.</summary>
    internal ReadOnlySpan<byte> this[Field field] => _buffer.AsSpan(_lineStart + field.Start, field.Length);

    /// <summary>
    /// Moves to a record boundary (<see cref="NextOffset"/>, <see cref="NextLine"/>) and reads as if the file ended at
    /// <paramref name="end"/>, another record boundary. The stream must be seekable.
    /// </summary>
    internal void MoveTo(long offset, long line, long end = long.MaxValue)
    {
        _stream.Position = offset;
        (_bufferOffset, _next, _filled, _ended, _nextLine, _end) = (offset, 0, 0, false, line, end);
    }

    /// <summary>Moves to the next record; false at the end of the file.</summary>
    internal bool Read()
    {
        while (true)
        {
            var length = LineLength(_next);
            if (length < 0)
                return false;
            var end = _next + length;
            var atEnd = end >= _filled;
            _lineStart = _next;
            HasOpenQuote = false;
            LineNumber = _nextLine;
            if (_buffer.AsSpan(_next, length).Contains(_quote))
            {
                ReadQuoted(length);
                return true;
            }
            _next = atEnd ? end : end + 1;
            _nextLine++;
            _lineLength = WithoutReturn(_buffer.AsSpan(_lineStart, length));
            if (IsBlank(Line))
                continue;
            Split(Line);
            return true;
        }
    }

    public void Dispose()
    {
        if (_buffer.Length == 0)
            return;
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _filled = _next = _lineLength = 0;
        _ended = true;
    }

    /// <summary>Copies the text with doubled quotes made single; <paramref name="into"/> is at least as long. Returns the length.</summary>
    internal int Undouble(ReadOnlySpan<byte> text, Span<byte> into)
    {
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            into[length++] = text[i];
            if (text[i] == _quote && i + 1 < text.Length && text[i + 1] == _quote)
                i++;
        }
        return length;
    }

    /// <summary>Reads the separator from the first line that is not blank, and passes a line sep=; that does nothing but name it.</summary>
    void FindSeparator()
    {
        for (var length = LineLength(_next); length >= 0; length = LineLength(_next))
        {
            var line = _buffer.AsSpan(_next, WithoutReturn(_buffer.AsSpan(_next, length)));
            var named = line.Trim(_quote);
            NamesSeparator = named.Length == 5 && (named[..4].SequenceEqual("sep="u8) || named[..4].SequenceEqual("SEP="u8));
            if (NamesSeparator)
                Separator = named[4];
            else if (line.Length > 0 && !_isDeclared)
                Separator = LineSeparator.Of(line);
            if (line.Length > 0 && !NamesSeparator)
                return;
            _next = Math.Min(_next + length + 1, _filled);
            _nextLine++;
            if (NamesSeparator)
                return;
        }
    }

    /// <summary>Whether a line holds nothing: no byte, only separators, or the end mark of DOS (Ctrl-Z).</summary>
    bool IsBlank(ReadOnlySpan<byte> line) =>
        line.Length == 0 || (line[0] == Separator && !line.ContainsAnyExcept(Separator)) || (line.Length == 1 && line[0] == 0x1A);

    static int WithoutReturn(ReadOnlySpan<byte> line) => line.Length > 0 && line[^1] == '\r' ? line.Length - 1 : line.Length;

    /// <summary>Bytes from <paramref name="from"/> to the next line feed or the end of the file; −1 if nothing is left.</summary>
    int LineLength(int from)
    {
        var searched = 0;
        while (true)
        {
            var found = _buffer.AsSpan(from + searched, _filled - from - searched).IndexOf((byte)'\n');
            if (found >= 0)
                return searched + found;
            searched = _filled - from;
            if (_ended)
                return searched == 0 ? -1 : searched;
            if (searched > LongestLine)
                throw new InvalidDataException($"{_file}, line {_nextLine}: is longer than {LongestLine:N0} bytes; this is no CSV file");
            // Fill moves the unread bytes to the front of the buffer.
            from -= _next;
            Fill();
            from += _next;
        }
    }

    void Fill()
    {
        var kept = _filled - _next;
        if (kept == _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            _buffer.AsSpan(_next, kept).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
        else if (_next > 0)
        {
            _buffer.AsSpan(_next, kept).CopyTo(_buffer);
        }
        _bufferOffset += _next;
        _next = 0;
        _filled = kept;
        var read = _stream.Read(_buffer, _filled, (int)Math.Min(_buffer.Length - _filled, _end - _bufferOffset - _filled));
        _filled += read;
        _ended = read == 0;
    }

    void Split(ReadOnlySpan<byte> line)
    {
        _fields.Clear();
        var start = 0;
        var i = 0;
        var separator = Vector256.Create(Separator);
        for (; i <= line.Length - Vector256<byte>.Count; i += Vector256<byte>.Count)
        {
            var found = Vector256.Equals(Vector256.Create(line.Slice(i, Vector256<byte>.Count)), separator).ExtractMostSignificantBits();
            for (; found != 0; found &= found - 1)
            {
                var at = i + int.CreateTruncating(uint.TrailingZeroCount(found));
                _fields.Add(new Field(start, at - start, false));
                start = at + 1;
            }
        }
        for (; i < line.Length; i++)
        {
            if (line[i] != Separator)
                continue;
            _fields.Add(new Field(start, i - start, false));
            start = i + 1;
        }
        _fields.Add(new Field(start, line.Length - start, false));
    }

    /// <summary>Reads a record with quotes, which may span several lines.</summary>
    void ReadQuoted(int firstLine)
    {
        var length = firstLine;
        while (!TrySplitQuoted(_buffer.AsSpan(_next, length)))
        {
            var atEnd = _next + length >= _filled && _ended;
            var more = atEnd || length > LongestQuoted ? -1 : LineLength(_next + length + 1);
            if (more < 0)
            {
                HasOpenQuote = true;
                _fields.Clear();
                length = firstLine;
                break;
            }
            length += 1 + more;
        }
        _lineStart = _next;
        var line = _buffer.AsSpan(_next, length);
        _lineLength = WithoutReturn(line);
        _nextLine += 1 + line.Count((byte)'\n');
        _next = Math.Min(_next + length + 1, _filled);
    }

    /// <summary>
    /// Splits a record with quotes; false if it ends inside a quoted field. A quote inside an unquoted field is an ordinary character.
    /// </summary>
    bool TrySplitQuoted(ReadOnlySpan<byte> record)
    {
        record = record[..WithoutReturn(record)];
        _fields.Clear();
        var i = 0;
        while (true)
        {
            if (i < record.Length && record[i] == _quote)
            {
                var start = ++i;
                var doubled = false;
                while (true)
                {
                    var quote = record[i..].IndexOf(_quote);
                    if (quote < 0)
                        return false;
                    i += quote + 1;
                    if (i == record.Length || record[i] != _quote)
                        break;
                    doubled = true;
                    i++;
                }
                var length = i - 1 - start;
                // RFC 4180 does not define text between the closing quote and the separator: keep the field as it is written.
                var rest = record[i..].IndexOf(Separator);
                rest = rest < 0 ? record.Length - i : rest;
                _fields.Add(rest == 0 ? new Field(start, length, doubled) : new Field(start - 1, i + rest - start + 1, false));
                i += rest;
            }
            else
            {
                var separator = record[i..].IndexOf(Separator);
                var length = separator < 0 ? record.Length - i : separator;
                _fields.Add(new Field(i, length, false));
                i += length;
            }
            if (i == record.Length)
                return true;
            i++;
        }
    }
}
