using Akka.Actor;

namespace Akka.Pattern;

/// <summary>
/// Supervision that waits longer after each failure: minBackoff, then twice as long each time up to maxBackoff, plus a random share of it
/// up to randomFactor, so that many that failed together do not come back together.
/// </summary>
public static class Backoff
{
    /// <summary>For a child that fails: it is stopped and started anew. One that stops by itself stops its supervisor too.</summary>
    public static BackoffOptions OnFailure(
        Props childProps, string childName, TimeSpan minBackoff, TimeSpan maxBackoff, double randomFactor, int maxNrOfRetries) =>
        new BackoffSettings(false, childProps, childName, minBackoff, maxBackoff, randomFactor).WithMaxNrOfRetries(maxNrOfRetries);

    /// <summary>For a child that stops when something is wrong: it is started anew however it ended.</summary>
    public static BackoffOptions OnStop(
        Props childProps, string childName, TimeSpan minBackoff, TimeSpan maxBackoff, double randomFactor, int maxNrOfRetries) =>
        new BackoffSettings(true, childProps, childName, minBackoff, maxBackoff, randomFactor).WithMaxNrOfRetries(maxNrOfRetries);
}

public abstract class BackoffOptions
{
    internal abstract Props Props { get; }

    /// <summary>Forgets earlier failures when the child has lived this long; the default, after minBackoff.</summary>
    public abstract BackoffOptions WithAutoReset(TimeSpan resetBackoff);

    /// <summary>Forgets earlier failures when told <see cref="BackoffSupervisor.Reset"/>.</summary>
    public abstract BackoffOptions WithManualReset();

    /// <summary>What to answer while the child is down; without it messages go to dead letters.</summary>
    public abstract BackoffOptions WithReplyWhileStopped(object replyWhileStopped);
    public abstract BackoffOptions WithMaxNrOfRetries(int maxNrOfRetries);

    /// <summary>A child that stops after such a message is not started again.</summary>
    public abstract BackoffOptions WithFinalStopMessage(Func<object, bool> isFinalStopMessage);
}

/// <param name="AutoReset">Null where only Reset forgets failures.</param>
internal sealed record BackoffPlan(
    bool OnStop,
    Props ChildProps,
    string ChildName,
    TimeSpan MinBackoff,
    TimeSpan MaxBackoff,
    double RandomFactor,
    TimeSpan? AutoReset,
    OneForOneStrategy Strategy,
    object? ReplyWhileStopped,
    Func<object, bool>? FinalStopMessage)
{
    internal TimeSpan DelayAfter(int restarts)
    {
        // The jitter must differ between processes, so it has no seed.
        var share = System.Security.Cryptography.RandomNumberGenerator.GetInt32(1_000_001) / 1e6;
        var ticks = Math.Min(MaxBackoff.Ticks, MinBackoff.Ticks * Math.Pow(2, restarts)) * (1 + (share * RandomFactor));
        return ticks >= TimeSpan.MaxValue.Ticks ? MaxBackoff : TimeSpan.FromTicks((long)ticks);
    }
}

internal sealed class BackoffSettings(BackoffPlan plan) : BackoffOptions
{
    internal BackoffSettings(bool onStop, Props childProps, string childName, TimeSpan minBackoff, TimeSpan maxBackoff, double randomFactor)
        : this(new BackoffPlan(
            onStop, childProps, childName, minBackoff, maxBackoff, randomFactor, minBackoff,
            new OneForOneStrategy(SupervisorStrategy.DefaultDecider), null, null)) { }

    internal override Props Props
    {
        get
        {
            if (plan.MinBackoff <= TimeSpan.Zero) throw new ArgumentException("MinBackoff must be greater than 0");
            if (plan.MaxBackoff < plan.MinBackoff) throw new ArgumentException("MaxBackoff must be greater than MinBackoff");
            if (plan.RandomFactor is < 0 or > 1) throw new ArgumentException("RandomFactor must be between 0.0 and 1.0");
            return plan.OnStop ? Props.Create(() => new BackoffSupervisor(plan)) : Props.Create(() => new BackoffOnFailureSupervisor(plan));
        }
    }

    public override BackoffOptions WithAutoReset(TimeSpan resetBackoff) => new BackoffSettings(plan with { AutoReset = resetBackoff });

    public override BackoffOptions WithManualReset() => new BackoffSettings(plan with { AutoReset = null });

    public override BackoffOptions WithReplyWhileStopped(object replyWhileStopped) =>
        new BackoffSettings(plan with { ReplyWhileStopped = replyWhileStopped });

    public override BackoffOptions WithMaxNrOfRetries(int maxNrOfRetries) => new BackoffSettings(
        plan with { Strategy = new OneForOneStrategy(maxNrOfRetries, plan.Strategy.WithinTimeRangeMilliseconds, plan.Strategy.Decider) });

    public override BackoffOptions WithFinalStopMessage(Func<object, bool> isFinalStopMessage) =>
        new BackoffSettings(plan with { FinalStopMessage = isFinalStopMessage });
}
