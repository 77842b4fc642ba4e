using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace FraudStreams.Alerting.Channels.Smtp;

/// <summary>
/// Connections that have delivered a message and can take the next one: alerts come in bursts, and a connection of its own costs each of them more round
/// trips than the message, with TLS and a password many more. They are closed once no message has come for <see cref="IdleTime"/>, long before a server
/// closes them (RFC 5321, 4.5.3.2.7: five minutes). Thread-safe.
/// </summary>
sealed class SmtpConnections : IDisposable
{
    public static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(5);
    static readonly TimeSpan QuitTimeout = TimeSpan.FromSeconds(1);

    readonly ConcurrentQueue<SmtpConversation> _idle = [];
    readonly ITimer _closing;

    public SmtpConnections(TimeProvider time) => _closing = time.CreateTimer(_ => CloseAll(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>The one that has been idle for longest, so that none of them is for long.</summary>
    public bool TryTake([NotNullWhen(true)] out SmtpConversation? connection) => _idle.TryDequeue(out connection);

    public void Keep(SmtpConversation connection)
    {
        _idle.Enqueue(connection);
        _closing.Change(IdleTime, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Waits for the servers' answers, but not for long: every message has been accepted, or not, by now.</summary>
    public void Dispose()
    {
        _closing.Dispose();
        CloseAllAsync().Wait(QuitTimeout);
    }

    void CloseAll() => _ = CloseAllAsync();

    Task CloseAllAsync()
    {
        var closing = new List<Task>();
        while (_idle.TryDequeue(out var connection))
            closing.Add(Task.Run(() => CloseAsync(connection)));
        return Task.WhenAll(closing);
    }

    /// <summary>QUIT only keeps the server's log clean.</summary>
    static async Task CloseAsync(SmtpConversation connection)
    {
        using var closed = connection;
        using var limit = new CancellationTokenSource(QuitTimeout, TimeProvider.System);
        await connection.DisconnectAsync(quit: true, limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
