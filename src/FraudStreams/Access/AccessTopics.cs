using FraudStreams.Messaging;

namespace FraudStreams.Access;

/// <summary>The log with the topics `keys` and `audit`, opened when one of them is first needed. Any thread may ask.</summary>
/// <param name="open">Opens it; may block for as long as topics that are away are waited for.</param>
public sealed class AccessTopics(Func<IMessageLog> open, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Topics that could not be opened are not tried again before.</summary>
    static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(1);

    readonly Lock _gate = new();
    Task<IMessageLog>? _log;
    long _tried;
    bool _isClosed;

    /// <summary>All who ask wait for the same open, and for a second are told the same fault.</summary>
    /// <exception cref="MessageLogException">It cannot be opened now.</exception>
    public Task<IMessageLog> OpenAsync()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            if (_log is null || (_log.IsFaulted && time.GetElapsedTime(Volatile.Read(ref _tried)) >= s_fresh))
                _log = Task.Run(OpenNow);
            return _log;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task<IMessageLog>? log;
        lock (_gate)
            (log, _isClosed) = (_log, true);
        if (log is null)
            return;
        await ((Task)log).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (log.IsCompletedSuccessfully)
            await (await log).DisposeAsync();
    }

    IMessageLog OpenNow()
    {
        try
        {
            return open();
        }
        finally
        {
            Volatile.Write(ref _tried, time.GetTimestamp());
        }
    }
}
