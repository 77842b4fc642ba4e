using FraudStreams.Access.Audit;
using FraudStreams.Hosting;
using FraudStreams.RateLimiting;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Api.Resources;

/// <summary>The three rate limits of this process, by the names of their settings. A valve that is turned goes back to its setting at the next start.</summary>
public sealed class Valves(StreamService stream, AuditLog audit, ILogger<Valves> log, TimeProvider time)
{
    readonly PipelineRates _rates = stream.Rates;

    public (string Name, Rate Rate)[] Now => [("speed_1", _rates.Speed1.Speed), ("speed_2", _rates.Speed2.Speed), ("speed_3", _rates.Speed3.Speed)];

    /// <param name="name">One of the names of <see cref="Now"/>.</param>
    /// <exception cref="Messaging.MessageLogException">It cannot be written down, and is not turned.</exception>
    public async Task TurnAsync(string name, Rate to, string actor, string why)
    {
        var valve = name switch
        {
            "speed_1" => _rates.Speed1,
            "speed_2" => _rates.Speed2,
            "speed_3" => _rates.Speed3,
            _ => throw new ArgumentException($"there is no valve {name}", nameof(name)),
        };
        var before = valve.Speed;
        await audit.AppendAsync(new AuditEntry(time.GetUtcNow(), actor, "speed.changed", $"{name} of {Environment.MachineName}:{Environment.ProcessId}")
        {
            Before = before.ToString(),
            After = to.ToString(),
            Why = why,
        });
        valve.Speed = to;
        log.LogInformation("{Rate} changed from {From} to {To} over the API by {Actor} ({Why})", name, before, to, actor, why);
    }
}
