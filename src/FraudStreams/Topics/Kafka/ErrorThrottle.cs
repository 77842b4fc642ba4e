using Akka.Event;

namespace FraudStreams.Topics.Kafka;

/// <summary>
/// What a client says of brokers that it cannot reach, it says several times a second. The log gets the first of it, and then one line a minute that says
/// how often it was said. Any thread may call.
/// </summary>
sealed class ErrorThrottle(ILoggingAdapter log, string client)
{
    static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    readonly Lock _gate = new();
    long? _logged;
    int _since;

    public void Warn(string reason)
    {
        int since;
        lock (_gate)
        {
            if (_logged is { } before && TimeProvider.System.GetElapsedTime(before) < Every)
            {
                _since++;
                return;
            }

            (since, _since, _logged) = (_since, 0, TimeProvider.System.GetTimestamp());
        }

        if (since == 0)
            log.Warning("{Client}: {Reason}", client, reason);
        else
            log.Warning("{Client}: {Reason} ({Count} more since the last time)", client, reason, since);
    }
}
