using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;

namespace FraudStreams.Cli;

/// <summary>
/// Ctrl-C and SIGTERM: the first asks for a drain, the second ends the process at once. In place of the host's console lifetime, which knows no second.
/// </summary>
sealed class StopSignals : IHostLifetime, IDisposable
{
    const int EndedAtOnce = 130;

    readonly TaskCompletionSource<string> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly CancellationTokenSource _stopped = new();
    readonly PosixSignalRegistration[] _registrations;

    public StopSignals() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, On),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, On),
        PosixSignalRegistration.Create(PosixSignal.SIGQUIT, On),
    ];

    /// <summary>Completes with the name of the first signal.</summary>
    public Task<string> First => _first.Task;

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Stopped => _stopped.Token;

    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _stopped.Dispose();
    }

    void On(PosixSignalContext context)
    {
        context.Cancel = true;
        if (!_first.TrySetResult(context.Signal == PosixSignal.SIGINT ? "Ctrl-C" : context.Signal.ToString()))
            Environment.Exit(EndedAtOnce);
        _stopped.Cancel();
    }
}
