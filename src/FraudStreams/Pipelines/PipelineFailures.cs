using FraudStreams.Configuration;
using FraudStreams.Diagnostics;

namespace FraudStreams.Pipelines;

/// <summary>
/// The failures in a row of one pipeline: the pause before its next try, what is logged of them and reported to health. They are over once it has worked,
/// without another failure, for as long as it last paused. A batch that is committed between two failures, such as one of a partition that does not need
/// what is away, ends nothing, so that pauses grow to their maximum however long an outage lasts. Any thread may call.
/// </summary>
sealed class PipelineFailures(string pipeline, BackoffSettings backoff, PipelineHealth health, ErrorThrottle errors, TimeProvider time)
{
    readonly Lock _gate = new();

    // So that hosts do not come back in step; the name is hashed anew in each process.
    readonly Random _spread = new(HashCode.Combine(pipeline, Environment.ProcessId));
    volatile int _inARow;
    long _triesFrom;
    TimeSpan _pause;
    ITimer? _check;

    /// <summary>Before the next try; zero for the first.</summary>
    public TimeSpan Pause
    {
        get
        {
            lock (_gate)
                return _inARow == 0 ? TimeSpan.Zero : _pause;
        }
    }

    public void Failed(string why)
    {
        lock (_gate)
        {
            _check?.Dispose();
            _check = null;
            _inARow++;
            _pause = backoff.Pause(_inARow) * (1 + (backoff.RandomFactor * _spread.NextDouble()));
            _triesFrom = time.GetTimestamp() + (long)(_pause.TotalSeconds * time.TimestampFrequency);
            health.Failed(pipeline, why);
            errors.Warn($"{why.TrimEnd('.')}. It starts again from its last commit after a pause");
        }
    }

    /// <summary>A batch went all the way. Called for each.</summary>
    public void Worked()
    {
        if (_inARow == 0)
            return;
        lock (_gate)
        {
            if (_inARow == 0 || _check is not null)
                return;

            // Perhaps the last batch for a long time: whether this was the end of it is asked again, if need be, when it has held.
            var left = _pause - time.GetElapsedTime(_triesFrom);
            if (left <= TimeSpan.Zero)
                Over();
            else
            {
                var failures = _inARow;
                _check = time.CreateTimer(_ => Held(failures), null, left, Timeout.InfiniteTimeSpan);
            }
        }
    }

    void Held(int failures)
    {
        lock (_gate)
        {
            if (_check is null || _inARow != failures)
                return;
            _check.Dispose();
            _check = null;
            Over();
        }
    }

    void Over()
    {
        _inARow = 0;
        health.Worked(pipeline);
        errors.Over();
    }
}
