using System.Buffers.Binary;

namespace FraudStreams.WindowStates;

/// <summary>Offsets as a snapshot's position: of each partition that it stands for, and of the labels.</summary>
static class CheckpointOffsets
{
    public static byte[] Write(ReadOnlySpan<long> offsets)
    {
        var bytes = new byte[offsets.Length * sizeof(long)];
        for (var place = 0; place < offsets.Length; place++)
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(place * sizeof(long)), offsets[place]);
        return bytes;
    }

    public static long[] Read(byte[] position) =>
        [.. Enumerable.Range(0, position.Length / sizeof(long)).Select(place => BinaryPrimitives.ReadInt64LittleEndian(position.AsSpan(place * sizeof(long))))];
}
