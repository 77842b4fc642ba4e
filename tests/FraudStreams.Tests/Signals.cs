using System.Diagnostics;
using System.Globalization;

namespace FraudStreams.Tests;

/// <summary>Signals to processes that a test has started.</summary>
static class Signals
{
    public static async Task SendAsync(string signal, params IEnumerable<int> processes)
    {
        using var kill = Process.Start("kill", ["-s", signal, .. processes.Select(process => process.ToString(CultureInfo.InvariantCulture))]);
        await kill.WaitForExitAsync();
    }
}
