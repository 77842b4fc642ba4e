using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Tests.Diagnostics;

/// <summary>A logger that keeps what it is given, from information on, and warnings apart.</summary>
sealed class CollectedLog : ILogger
{
    readonly ConcurrentQueue<string> _warnings = new();
    readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyCollection<string> Warnings => _warnings;

    public IReadOnlyCollection<string> Lines => _lines;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
            _lines.Enqueue(formatter(state, exception));
        if (logLevel >= LogLevel.Warning)
            _warnings.Enqueue(formatter(state, exception));
    }
}
