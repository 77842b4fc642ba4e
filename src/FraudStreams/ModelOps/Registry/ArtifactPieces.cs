using System.Buffers;
using System.Buffers.Binary;
using FraudStreams.Messaging;
using FraudStreams.Topics;

namespace FraudStreams.ModelOps.Registry;

/// <summary>
/// Packages as records of topic `models`, in pieces that a broker takes: the package's SHA-256, the piece's number, how many there are, and its bytes.
/// Collects those of one package while its records are read in their order; what two hosts wrote at once is taken once.
/// </summary>
sealed class ArtifactPieces(string sha256)
{
    const int HashBytes = 32;
    const int HeaderBytes = HashBytes + (2 * sizeof(int));
    const int MaxPieceBytes = 512 * 1024;

    static readonly byte[] Key = "piece"u8.ToArray();

    readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>How many were taken.</summary>
    public int Count { get; private set; }

    /// <summary>All pieces, once they are there; null before.</summary>
    public ArtifactPackage? Whole { get; private set; }

    /// <summary>Whether it is what its SHA-256 says.</summary>
    public bool IsIntact => Whole?.Sha256 == sha256;

    /// <summary>The SHA-256 of the package that a record is a piece of, in hexadecimal; null where it is none.</summary>
    public static string? PackageOf(TopicRecord record) =>
        record.Key.Span.SequenceEqual(Key) && record.Value.Length > HeaderBytes ? Convert.ToHexStringLower(record.Value.Span[..HashBytes]) : null;

    /// <summary>A piece's number, from 0, and how many its package has.</summary>
    public static (int Number, int Of) PlaceOf(TopicRecord piece) => (NumberOf(piece.Value.Span), BinaryPrimitives.ReadInt32BigEndian(piece.Value.Span[(HashBytes + sizeof(int))..]));

    public static void Write(RecordBatch records, ArtifactPackage package, int longestRecord)
    {
        var size = Math.Min(MaxPieceBytes, longestRecord - HeaderBytes - Key.Length);
        var pieces = (package.Bytes.Length + size - 1) / size;
        for (var piece = 0; piece < pieces; piece++)
        {
            var part = package.Bytes.AsSpan(piece * size, Math.Min(size, package.Bytes.Length - (piece * size)));
            var value = new byte[HeaderBytes + part.Length];
            Convert.FromHexString(package.Sha256).CopyTo(value, 0);
            BinaryPrimitives.WriteInt32BigEndian(value.AsSpan(HashBytes), piece);
            BinaryPrimitives.WriteInt32BigEndian(value.AsSpan(HashBytes + sizeof(int)), pieces);
            part.CopyTo(value.AsSpan(HeaderBytes));
            records.Add(TopicNames.Models, Key, value);
        }
    }

    /// <summary>Takes a piece of this package if it is the next; with a first one it begins anew, since a writer may have died before the last.</summary>
    public void Take(TopicRecord piece)
    {
        var value = piece.Value.Span;
        if (Whole is not null)
            return;
        if (NumberOf(value) == 0)
        {
            Count = 0;
            _bytes.ResetWrittenCount();
        }

        if (NumberOf(value) != Count)
            return;
        _bytes.Write(value[HeaderBytes..]);
        if (++Count == BinaryPrimitives.ReadInt32BigEndian(value[(HashBytes + sizeof(int))..]))
            Whole = ArtifactPackage.Of(_bytes.WrittenSpan.ToArray());
    }

    static int NumberOf(ReadOnlySpan<byte> value) => BinaryPrimitives.ReadInt32BigEndian(value[HashBytes..]);
}

/// <summary>
/// Where a package stands in the topic. A writer that died in the middle leaves a half: the next one writes it anew, from the first piece on.
/// </summary>
sealed class WrittenPackage
{
    int _next;

    /// <summary>The offset of the latest first piece.</summary>
    public long From { get; private set; }

    public bool IsWhole { get; private set; }

    public void Take(TopicRecord piece)
    {
        var (number, of) = ArtifactPieces.PlaceOf(piece);
        if (IsWhole)
            return;
        if (number == 0)
            (From, _next) = (piece.Offset, 0);
        if (number == _next)
            IsWhole = ++_next == of;
    }
}
