using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Tests.Diagnostics;

/// <summary>A logger that keeps what it is given, from warnings on.</summary>
sealed class CollectedLog : ILogger
{
    readonly ConcurrentQueue<string> _warnings = new();

    public IReadOnlyCollection<string> Warnings => _warnings;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
            _warnings.Enqueue(formatter(state, exception));
    }
}
