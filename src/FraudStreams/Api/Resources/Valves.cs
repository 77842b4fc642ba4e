using FraudStreams.RateLimiting;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Api.Resources;

/// <summary>The three rate limits of this process, by the names of their settings. A valve that is turned goes back to its setting at the next start.</summary>
sealed class Valves(PipelineRates rates, ILogger log)
{
    public (string Name, Rate Rate)[] Now => [("speed_1", rates.Speed1.Speed), ("speed_2", rates.Speed2.Speed), ("speed_3", rates.Speed3.Speed)];

    /// <param name="name">One of the names of <see cref="Now"/>.</param>
    public void Turn(string name, Rate to, string actor, string why)
    {
        var valve = name switch
        {
            "speed_1" => rates.Speed1,
            "speed_2" => rates.Speed2,
            "speed_3" => rates.Speed3,
            _ => throw new ArgumentException($"there is no valve {name}", nameof(name)),
        };
        var before = valve.Speed;
        valve.Speed = to;
        log.LogInformation("{Rate} changed from {From} to {To} over the API by {Actor} ({Why})", name, before, to, actor, why);
    }
}
