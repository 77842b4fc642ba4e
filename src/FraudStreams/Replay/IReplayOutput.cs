using FraudStreams.Scoring;

namespace FraudStreams.Replay;

/// <summary>Where replayed predictions go.</summary>
interface IReplayOutput : IAsyncDisposable
{
    /// <summary>Writes the rows of the stretch; the batch is not kept.</summary>
    Task WriteAsync(TransactionBatch batch, ReplayStretch stretch);
}
