using FraudStreams.Scoring;

namespace FraudStreams.Replay;

/// <summary>The output of a replay's predictions.</summary>
interface IReplayOutput : IAsyncDisposable
{
    /// <summary>Writes the batch's rows within the stretch; does not keep the batch.</summary>
    Task WriteAsync(TransactionBatch batch, ReplayStretch stretch);
}
