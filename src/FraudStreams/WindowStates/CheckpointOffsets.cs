using System.Buffers.Binary;

namespace FraudStreams.WindowStates;

/// <summary>Serialises the offsets that a snapshot covers: one for each partition, and one for the labels.</summary>
static class CheckpointOffsets
{
    public static byte[] Write(ReadOnlySpan<long> offsets)
    {
        var bytes = new byte[offsets.Length * sizeof(long)];
        for (var index = 0; index < offsets.Length; index++)
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(index * sizeof(long)), offsets[index]);
        return bytes;
    }

    public static long[] Read(byte[] position) =>
        [.. Enumerable.Range(0, position.Length / sizeof(long)).Select(index => BinaryPrimitives.ReadInt64LittleEndian(position.AsSpan(index * sizeof(long))))];
}
