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

    /// <summary>A part of what fails may work meanwhile: one of several brokers, a connection that a client makes anew.</summary>
    static readonly TimeSpan Quiet = TimeSpan.FromSeconds(15);

    readonly Lock _gate = new();
    volatile bool _isFailing;
    long? _began;
    long _logged;
    long _last;
    int _failures;

    public void Warn(string reason)
    {
        (TimeSpan Age, int Failures)? outage = null;
        lock (_gate)
        {
            var now = time.GetTimestamp();
            _failures++;
            _last = now;
            if (_began is { } began)
            {
                if (time.GetElapsedTime(_logged, now) < Every)
                    return;
                outage = (time.GetElapsedTime(began, now), _failures);
            }

            (_began, _isFailing) = (_began ?? now, true);
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
            (_began, _failures, _isFailing) = (null, 0, false);
        }

        log.LogInformation("{What}: works again, after {Age} and {Count} failures", what, Words(age), failures);
    }

    /// <summary>Something of it worked: it is over where nothing has failed for some time. Called for each batch.</summary>
    public void Worked()
    {
        if (!_isFailing)
            return;
        lock (_gate)
        {
            if (time.GetElapsedTime(_last) < Quiet)
                return;
        }

        Over();
    }

    static string Words(TimeSpan age) => age switch
    {
        { TotalHours: >= 1 } => $"{(int)age.TotalHours} h {age.Minutes} min",
        { TotalMinutes: >= 1 } => $"{age.Minutes} min {age.Seconds} s",
        _ => $"{age.TotalSeconds:0.#} s",
    };
}
