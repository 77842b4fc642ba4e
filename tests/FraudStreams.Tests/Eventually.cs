using System.Diagnostics;
using System.Runtime.CompilerServices;
using Shouldly;

namespace FraudStreams.Tests;

/// <summary>
/// Waits for what other threads are about to bring about, and fails by name when they do not. The limits are what a quiet machine would never need; one
/// that is busy with other work gets several times as long, since how fast something is, no test of this kind asks.
/// </summary>
static class Eventually
{
    const int BusyFactor = 4;

    public static Task TrueAsync(
        Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string? what = null, int limitSeconds = 20, int everyMilliseconds = 1) =>
        TrueAsync(() => Task.FromResult(condition()), what, limitSeconds, everyMilliseconds);

    public static async Task TrueAsync(
        Func<Task<bool>> condition, [CallerArgumentExpression(nameof(condition))] string? what = null, int limitSeconds = 20, int everyMilliseconds = 1)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            waited.Elapsed.TotalSeconds.ShouldBeLessThan(BusyFactor * limitSeconds, $"still waiting for {what}");
            await Task.Delay(everyMilliseconds);
        }
    }
}
