using System.Buffers;
using FraudStreams.Scoring;

namespace FraudStreams.Replay;

/// <summary>Writes predictions as lines of a file.</summary>
sealed class ReplayFile(string path, TimeProvider time) : IReplayOutput
{
    readonly FileStream _file = new(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 });
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
}
