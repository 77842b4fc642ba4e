using Akka.Actor;
using Akka.Event;

namespace FraudStreams.Monitoring;

/// <summary>
/// Hands what the actor system logs, as one line each, to whoever owns the screen. The system is started with `akka.loggers = []`, so
/// that nothing else writes there.
/// </summary>
public sealed class ConsoleLogger : ReceiveActor
{
    public ConsoleLogger(Action<string> write)
    {
        // As it shuts down, Akka.NET tells of its own steps, at every level.
        var least = Logging.LogLevelFor(Context.System.Settings.LogLevel);
        Receive<LogEvent>(log => log.LogLevel() >= least && log.LogClass != typeof(CoordinatedShutdown), log => write(Line(log)));
        Receive<LogEvent>(_ => { });
    }

    public static Props Props(Action<string> write) => Akka.Actor.Props.Create(() => new ConsoleLogger(write));

    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(LogEvent));

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
