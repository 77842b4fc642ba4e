using Microsoft.Extensions.Logging;

namespace FraudStreams.Diagnostics;

/// <summary>
/// The lines of one outage: what fails again and again, such as a server that is away, is told of when it begins, then once a minute with how long and how
/// often it has failed, and when it is over. Any thread may call.
/// </summary>
/// <param name="what">What fails, as a line of the log begins.</param>
sealed class ErrorThrottle(ILogger log, string what, TimeProvider time)
{
    static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    readonly Lock _gate = new();
    long? _began;
    long _logged;
    int _failures;

    public void Warn(string reason)
    {
        (TimeSpan Age, int Failures)? outage = null;
        lock (_gate)
        {
            var now = time.GetTimestamp();
            _failures++;
            if (_began is { } began)
            {
                if (time.GetElapsedTime(_logged, now) < Every)
                    return;
                outage = (time.GetElapsedTime(began, now), _failures);
            }

            _began ??= now;
            _logged = now;
        }

        if (outage is { } still)
            log.LogWarning("{What}: {Reason} (for {Age} now, {Count} failures)", what, reason, Words(still.Age), still.Failures);
        else
            log.LogWarning("{What}: {Reason}", what, reason);
    }

    /// <summary>It works again: the next failure is the first of another outage.</summary>
    public void Over()
    {
        TimeSpan age;
        int failures;
        lock (_gate)
        {
            if (_began is not { } began)
                return;
            (age, failures) = (time.GetElapsedTime(began), _failures);
            (_began, _failures) = (null, 0);
        }

        log.LogInformation("{What}: works again, after {Age} and {Count} failures", what, Words(age), failures);
    }

    static string Words(TimeSpan age) => age switch
    {
        { TotalHours: >= 1 } => $"{(int)age.TotalHours} h {age.Minutes} min",
        { TotalMinutes: >= 1 } => $"{age.Minutes} min {age.Seconds} s",
        _ => $"{age.TotalSeconds:0.#} s",
    };
}
