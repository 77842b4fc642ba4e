using System.Buffers.Text;
using System.Text;

namespace FraudStreams.Model.Json;

/// <summary>The id of a row of a file without an id column: "file name:row number", rows counted from 1.</summary>
sealed class SyntheticId
{
    readonly byte[] _id;
    readonly int _prefix;

    internal SyntheticId(string fileName)
    {
        var prefix = Encoding.UTF8.GetBytes(Path.GetFileName(fileName) + ":");
        _prefix = prefix.Length;
        _id = [.. prefix, .. new byte[20]];
    }

    /// <summary>Valid until the next call.</summary>
    internal ReadOnlySpan<byte> Of(long row)
    {
        Utf8Formatter.TryFormat(row, _id.AsSpan(_prefix), out var digits);
        return _id.AsSpan(0, _prefix + digits);
    }
}
