using FraudStreams.Messaging;

namespace FraudStreams.Access;

/// <summary>The log with the topics `keys` and `audit`, opened when one of them is first needed. Any thread may ask.</summary>
/// <param name="open">Opens it.</param>
public sealed class AccessTopics(Func<IMessageLog> open) : IAsyncDisposable
{
    readonly Lock _gate = new();
    IMessageLog? _log;
    bool _isClosed;

    /// <exception cref="MessageLogException">It cannot be opened now.</exception>
    public IMessageLog Log
    {
        get
        {
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_isClosed, this);
                return _log ??= open();
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _isClosed = true;
            return _log?.DisposeAsync() ?? ValueTask.CompletedTask;
        }
    }
}
