using System.Buffers;
using FraudStreams.Scoring;

namespace FraudStreams.Replay;

/// <summary>Writes predictions as lines of a file.</summary>
/// <param name="replaces">Whether a file that is there gives way to a new one.</param>
sealed class ReplayFile(string path, bool replaces, TimeProvider time) : IReplayOutput
{
    readonly FileStream _file = Create(path, replaces);
    readonly ArrayBufferWriter<byte> _lines = new(1 << 20);

    public async Task WriteAsync(TransactionBatch batch, ReplayStretch stretch)
    {
        var now = time.GetUtcNow();
        for (var row = 0; row < batch.Rows.Count; row++)
        {
            if (!stretch.Holds(batch.Rows, row))
                continue;
            batch.WritePrediction(_lines, row, now);
            _lines.Write("\n"u8);
        }

        await _file.WriteAsync(_lines.WrittenMemory);
        _lines.ResetWrittenCount();
    }

    public ValueTask DisposeAsync() => _file.DisposeAsync();

    /// <summary>A new file, not the old one emptied: that may be open to others.</summary>
    static FileStream Create(string path, bool replaces)
    {
        if (replaces)
            File.Delete(path);
        return new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 });
    }
}
