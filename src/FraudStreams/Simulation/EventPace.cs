namespace FraudStreams.Simulation;

/// <summary>
/// Spaces payments as their event times are, sped up by a factor. The first payment sets the clock; a payment without a readable time, or with one
/// before that of an earlier payment, is due at once.
/// </summary>
/// <param name="factor">Simulated seconds per second.</param>
public sealed class EventPace(double factor, TimeProvider time)
{
    long _start;
    long? _firstEvent;

    /// <summary>How long until a payment is due; zero if it is due.</summary>
    public TimeSpan Until(long? eventTime)
    {
        if (eventTime is not { } moment)
            return TimeSpan.Zero;
        if (_firstEvent is not { } first)
        {
            (_firstEvent, _start) = (moment, time.GetTimestamp());
            return TimeSpan.Zero;
        }

        var due = TimeSpan.FromMilliseconds((moment - first) / factor);
        var wait = due - time.GetElapsedTime(_start);

        // Timers count whole milliseconds and drop the rest.
        return wait > TimeSpan.Zero ? TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)) : TimeSpan.Zero;
    }
}
