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

    /// <summary>A look that costs something is followed by so many times as long a pause: the machine is for what is waited for.</summary>
    const int PausesALook = 4;

    static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(100);

    public static Task TrueAsync(
        Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string? what = null, int limitSeconds = 20, int everyMilliseconds = 1) =>
        TrueAsync(() => Task.FromResult(condition()), what, limitSeconds, everyMilliseconds);

    public static async Task TrueAsync(
        Func<Task<bool>> condition, [CallerArgumentExpression(nameof(condition))] string? what = null, int limitSeconds = 20, int everyMilliseconds = 1)
    {
        var waited = Stopwatch.StartNew();
        for (var looked = TimeSpan.Zero; !await condition(); looked = waited.Elapsed)
        {
            waited.Elapsed.TotalSeconds.ShouldBeLessThan(BusyFactor * limitSeconds, $"still waiting for {what}");
            await PauseAsync(waited.Elapsed - looked, everyMilliseconds);
        }
    }

    /// <summary>Waits between two looks.</summary>
    /// <param name="look">How long the last one took.</param>
    /// <param name="everyMilliseconds">The least pause.</param>
    public static Task PauseAsync(TimeSpan look, int everyMilliseconds)
    {
        var least = TimeSpan.FromMilliseconds(everyMilliseconds);
        var pause = look * PausesALook < s_longestPause ? look * PausesALook : s_longestPause;
        return Task.Delay(pause > least ? pause : least);
    }
}
