namespace FraudStreams.RateLimiting;

/// <summary>The three rate limiters (speed_1 to speed_3) of this process, each shared by all streams of its stage.</summary>
public sealed class PipelineRates(Rate speed1, Rate speed2, Rate speed3, TimeProvider time) : IDisposable
{
    /// <summary>Producer to the topic transactions.</summary>
    public RateLimiter Speed1 { get; } = new(speed1, time);

    /// <summary>The topic transactions through scoring to the topic predictions.</summary>
    public RateLimiter Speed2 { get; } = new(speed2, time);

    /// <summary>The topic predictions to the store.</summary>
    public RateLimiter Speed3 { get; } = new(speed3, time);

    public void Dispose()
    {
        Speed1.Dispose();
        Speed2.Dispose();
        Speed3.Dispose();
    }
}
