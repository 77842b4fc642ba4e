using System.Diagnostics;
using System.Runtime.CompilerServices;
using Shouldly;

namespace FraudStreams.Tests;

/// <summary>Waits for what other threads are about to bring about, and fails by name when they do not.</summary>
static class Eventually
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    public static async Task TrueAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string? what = null)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            waited.Elapsed.ShouldBeLessThan(Limit, $"still waiting for {what}");
            await Task.Delay(1);
        }
    }
}
