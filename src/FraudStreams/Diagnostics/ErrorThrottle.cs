using Microsoft.Extensions.Logging;

namespace FraudStreams.Diagnostics;

/// <summary>
/// What fails again and again for one reason, such as a server that is away, is told of when it begins, then once a minute with how often it was met, and
/// when it is over. Any thread may call.
/// </summary>
/// <param name="what">What fails, as a line of the log begins.</param>
sealed class ErrorThrottle(ILogger log, string what, TimeProvider time)
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
            if (_logged is { } before && time.GetElapsedTime(before) < Every)
            {
                _since++;
                return;
            }

            (since, _since, _logged) = (_since, 0, time.GetTimestamp());
        }

        if (since == 0)
            log.LogWarning("{What}: {Reason}", what, reason);
        else
            log.LogWarning("{What}: {Reason} ({Count} more within the last minute)", what, reason, since);
    }

    /// <summary>It works again: the next failure is the first of another time.</summary>
    public void Over()
    {
        lock (_gate)
        {
            if (_logged is null)
                return;
            (_logged, _since) = (null, 0);
        }

        log.LogInformation("{What}: works again", what);
    }
}
