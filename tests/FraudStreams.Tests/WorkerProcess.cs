using System.Diagnostics;
using FraudStreams.Tests.Messaging.Sqlite;
using FraudStreams.Tests.Storage;

namespace FraudStreams.Tests;

/// <summary>This assembly started again as a process of its own, which a test may kill: <see cref="Workers"/> says what it then does.</summary>
sealed class WorkerProcess : IDisposable
{
    readonly Process _process;

    WorkerProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public static WorkerProcess Start(string worker, params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        foreach (var argument in (string[])["exec", typeof(WorkerProcess).Assembly.Location, worker, .. arguments]) start.ArgumentList.Add(argument);
        return new WorkerProcess(Process.Start(start)!);
    }

    public async Task<string?> ReadLineAsync() => await _process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(80));

    /// <summary>As kill -9: nothing in the process is run any more.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }
}

static class Workers
{
    public static Task<int> Main(string[] args) => args switch
    {
        ["publish", var folder] => LogWorkers.PublishAsync(folder),
        ["store", var folder] => StoreWorker.RunAsync(folder),
        ["hold-group", var folder, var topic, var group] => LogWorkers.HoldGroupAsync(folder, topic, group),
        _ => Task.FromResult(2),
    };
}
