using System.Buffers.Binary;

namespace FraudStreams.Model.Features.Windows;

/// <summary>
/// A 64-bit hash of bytes by folded multiplication. The same on every machine and in every version of the program, because snapshots store
/// hashes.
/// </summary>
static class StableHash
{
    const ulong Seed = 0x9E37_79B9_7F4A_7C15;
    const ulong Multiplier = 0xD6E8_FEB8_6659_FD93;

    /// <summary>Never 0.</summary>
    internal static ulong Of(ReadOnlySpan<byte> bytes)
    {
        var hash = Fold((ulong)bytes.Length ^ Seed, Multiplier);
        while (bytes.Length >= 8)
        {
            hash = Fold(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes), Multiplier);
            bytes = bytes[8..];
        }
        var rest = 0UL;
        for (var i = 0; i < bytes.Length; i++)
            rest |= (ulong)bytes[i] << (8 * i);
        hash = Fold(hash ^ rest, Seed) ^ hash;
        return hash == 0 ? 1 : hash;
    }

    static ulong Fold(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return high ^ low;
    }
}
