using System.Buffers.Binary;

namespace FraudStreams.Model.Avro;

/// <summary>
/// Reads Avro's binary encoding (specification 1.12, "Binary Encoding"). What goes past the end, or is no number, is 0 or empty, and <see cref="IsDamaged"/> from
/// then on: whoever reads asks at the end. The steps of a record are limited by its length, as values without bytes would let a few ask for any amount of work.
/// </summary>
ref struct AvroCursor(ReadOnlySpan<byte> bytes)
{
    readonly ReadOnlySpan<byte> _bytes = bytes;
    int _at;
    long _steps = 1000 + 64L * bytes.Length;

    /// <summary>How many bytes were read.</summary>
    internal readonly int At => _at;

    internal bool IsDamaged { get; private set; }

    internal readonly bool IsAtEnd => _at == _bytes.Length;

    /// <summary>Counts a value.</summary>
    /// <returns>False where nothing may be read on, as the record is damaged or has more values than its length allows.</returns>
    internal bool Step()
    {
        IsDamaged |= _steps-- <= 0;
        return !IsDamaged;
    }

    internal long Long()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (_at >= _bytes.Length)
                break;
            var part = _bytes[_at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return (long)(value >> 1) ^ -(long)(value & 1);
        }

        IsDamaged = true;
        return 0;
    }

    internal float Float() => Take(4) is { IsEmpty: false } four ? BinaryPrimitives.ReadSingleLittleEndian(four) : 0;

    internal double Double() => Take(8) is { IsEmpty: false } eight ? BinaryPrimitives.ReadDoubleLittleEndian(eight) : 0;

    internal bool Boolean() => Take(1) is [1];

    /// <summary>Bytes, or a string in UTF-8.</summary>
    internal ReadOnlySpan<byte> Bytes() => Take(Long());

    internal ReadOnlySpan<byte> Take(long length)
    {
        if (length < 0 || length > _bytes.Length - _at)
        {
            IsDamaged = true;
            return default;
        }

        var taken = _bytes.Slice(_at, (int)length);
        _at += (int)length;
        return taken;
    }

    internal void Fail() => IsDamaged = true;
}
