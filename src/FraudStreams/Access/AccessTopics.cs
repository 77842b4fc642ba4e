using FraudStreams.Messaging;

namespace FraudStreams.Access;

/// <summary>The log with the topics `keys` and `audit`, opened when one of them is first needed. Any thread may ask.</summary>
/// <param name="open">Opens it.</param>
public sealed class AccessTopics(Func<IMessageLog> open) : IAsyncDisposable
{
    readonly Lock _gate = new();
    IMessageLog? _log;

    /// <exception cref="MessageLogException">It cannot be opened now.</exception>
    public IMessageLog Log
    {
        get
        {
            lock (_gate)
                return _log ??= open();
        }
    }

    public ValueTask DisposeAsync() => _log?.DisposeAsync() ?? ValueTask.CompletedTask;
}
