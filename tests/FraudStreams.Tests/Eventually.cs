using System.Diagnostics;
using System.Runtime.CompilerServices;
using Shouldly;

namespace FraudStreams.Tests;

/// <summary>Waits for what other threads are about to bring about, and fails by name when they do not.</summary>
static class Eventually
{
    public static async Task TrueAsync(
        Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string? what = null, int limitSeconds = 20, int everyMilliseconds = 1)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            waited.Elapsed.TotalSeconds.ShouldBeLessThan(limitSeconds, $"still waiting for {what}");
            await Task.Delay(everyMilliseconds);
        }
    }
}
