using Akka.Actor;
using Akka.Event;
using Microsoft.Extensions.Logging;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace FraudStreams.Diagnostics;

/// <summary>
/// Passes what the actor system logs on to the program's logging, with template and values. Akka.Hosting's own logger would write all of it in one
/// category, as text, with a second time and level in front.
/// </summary>
sealed class AkkaLogBridge : ReceiveActor
{
    readonly ILoggerFactory _loggers;

    public AkkaLogBridge(ILoggerFactory loggers)
    {
        _loggers = loggers;
        Receive<LogEvent>(Write);
    }

    public static Props Props(ILoggerFactory loggers) => Akka.Actor.Props.Create(() => new AkkaLogBridge(loggers));

    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(LogEvent));

    void Write(LogEvent log)
    {
        if (IsAkkasOwn(log))
            return;
        var category = log.LogClass is { Namespace: { } name } type && !type.IsGenericType && name.StartsWith("FraudStreams", StringComparison.Ordinal)
            ? type.FullName!
            : "Akka";
        var logger = _loggers.CreateLogger(category);
        if (log.Message is LogMessage message)
#pragma warning disable CA2254 // The template is the one that the actor gave.
            logger.Log(LevelOf(log.LogLevel()), log.Cause, message.Format, message.Parameters().ToArray());
        else
            logger.Log(LevelOf(log.LogLevel()), log.Cause, "{Message}", log.Message);
#pragma warning restore CA2254
    }

    /// <summary>
    /// Akka.NET logs its steps as it shuts down, at every level, and each failure inside a stream, once where it happens and once where the stream starts
    /// again: a pipeline logs its failures itself, throttled. So it does each failure of the model, which its supervisor logs.
    /// </summary>
    static bool IsAkkasOwn(LogEvent log) =>
        log.LogClass == typeof(CoordinatedShutdown) || log.LogSource.Contains("/StreamSupervisor-", StringComparison.Ordinal)
        || log.LogSource.Contains("/model-supervisor/", StringComparison.Ordinal);

    static LogLevel LevelOf(Akka.Event.LogLevel level) => level switch
    {
        Akka.Event.LogLevel.ErrorLevel => LogLevel.Error,
        Akka.Event.LogLevel.WarningLevel => LogLevel.Warning,
        Akka.Event.LogLevel.InfoLevel => LogLevel.Information,
        _ => LogLevel.Debug,
    };
}
