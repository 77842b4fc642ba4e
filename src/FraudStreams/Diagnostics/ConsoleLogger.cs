using Akka.Actor;
using Akka.Event;

namespace FraudStreams.Diagnostics;

/// <summary>
/// Hands what the actor system logs, as one line each, to whoever owns the screen. The system is started with `akka.loggers = []`, so
/// that nothing else writes there.
/// </summary>
public sealed class ConsoleLogger : ReceiveActor
{
    public ConsoleLogger(Action<string> write)
    {
        var least = Logging.LogLevelFor(Context.System.Settings.LogLevel);
        Receive<LogEvent>(log =>
        {
            if (log.LogLevel() >= least && !IsAkkasOwn(log))
                write(Line(log));
        });
    }

    public static Props Props(Action<string> write) => Akka.Actor.Props.Create(() => new ConsoleLogger(write));

    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(LogEvent));

    /// <summary>
    /// Akka.NET tells of its steps as it shuts down, at every level, and of each failure inside a stream, once where it happens and once where the stream
    /// starts again: a branch tells of its failures itself, and not of each.
    /// </summary>
    static bool IsAkkasOwn(LogEvent log) =>
        log.LogClass == typeof(CoordinatedShutdown) || log.LogSource.Contains("/StreamSupervisor-", StringComparison.Ordinal);

    static string Line(LogEvent log)
    {
        var cause = log.Cause is null ? "" : $": {log.Cause.Message}";
        return $"{log.Timestamp.ToUniversalTime():HH:mm:ss}  {NameOf(log.LogLevel())}  {log.Message}{cause}".ReplaceLineEndings(" ");
    }

    static string NameOf(LogLevel level) => level switch
    {
        LogLevel.ErrorLevel => "ERROR",
        LogLevel.WarningLevel => "WARNING",
        LogLevel.InfoLevel => "info",
        _ => "debug",
    };
}
