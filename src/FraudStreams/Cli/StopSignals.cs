using System.Runtime.InteropServices;

namespace FraudStreams.Cli;

/// <summary>Ctrl-C and SIGTERM: the first asks for a drain, the second leaves at once.</summary>
sealed class StopSignals : IDisposable
{
    const int LeftAtOnce = 130;

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
            Environment.Exit(LeftAtOnce);
        _stopped.Cancel();
    }
}
