using Akka.Actor;

namespace Akka.Event;

public static class Logging
{
    public static string SimpleName(object o) => SimpleName(o.GetType());
    public static string SimpleName(Type t) => t.Name;

    public static string StringFor(this LogLevel logLevel) => logLevel switch
    {
        LogLevel.DebugLevel => "Debug",
        LogLevel.InfoLevel => "Info",
        LogLevel.WarningLevel => "Warning",
        LogLevel.ErrorLevel => "Error",
        _ => throw new ArgumentException($"Unknown log level: {logLevel}", nameof(logLevel)),
    };

    public static LogLevel LogLevelFor(string logLevel) => logLevel?.ToUpperInvariant() switch
    {
        "DEBUG" => LogLevel.DebugLevel,
        "INFO" => LogLevel.InfoLevel,
        "WARNING" => LogLevel.WarningLevel,
        "ERROR" => LogLevel.ErrorLevel,
        // Above every level there is: nothing is logged.
        "OFF" => LogLevel.ErrorLevel + 1,
        _ => throw new ArgumentException(
            $"Unknown log level: \"{logLevel}\". Known are OFF, DEBUG, INFO, WARNING and ERROR.", nameof(logLevel)),
    };

    public static Type ClassFor(this LogLevel logLevel) => logLevel switch
    {
        LogLevel.DebugLevel => typeof(Debug),
        LogLevel.InfoLevel => typeof(Info),
        LogLevel.WarningLevel => typeof(Warning),
        LogLevel.ErrorLevel => typeof(Error),
        _ => throw new ArgumentException($"Unknown log level: {logLevel}", nameof(logLevel)),
    };

    public static ILoggingAdapter GetLogger(this IActorContext context, ILogMessageFormatter? logMessageFormatter = null) =>
        new BusLogging(context.System.EventStream, context.Self.Path.ToString(), context.Props.Type, logMessageFormatter);

    public static ILoggingAdapter GetLogger(ActorSystem system, object logSourceObj, ILogMessageFormatter? logMessageFormatter = null)
    {
        var (source, type) = SourceOf(logSourceObj);
        return new BusLogging(system.EventStream, logSourceObj is ActorSystem ? source : $"{source}({system})", type, logMessageFormatter);
    }

    static (string Source, Type Type) SourceOf(object source) => source switch
    {
        string text => (text, typeof(string)),
        Type type => (SimpleName(type), type),
        ActorSystem system => (system.ToString()!, typeof(ActorSystem)),
        _ => (SimpleName(source), source.GetType()),
    };
}

/// <summary>Turns what is logged into events on the bus, where its level is on.</summary>
internal sealed class BusLogging(LoggingBus bus, string source, Type type, ILogMessageFormatter? formatter) : ILoggingAdapter
{
    public ILogMessageFormatter Formatter { get; } = formatter ?? DefaultLogMessageFormatter.Instance;
    public bool IsDebugEnabled => IsEnabled(LogLevel.DebugLevel);
    public bool IsInfoEnabled => IsEnabled(LogLevel.InfoLevel);
    public bool IsWarningEnabled => IsEnabled(LogLevel.WarningLevel);
    public bool IsErrorEnabled => IsEnabled(LogLevel.ErrorLevel);
    public bool IsEnabled(LogLevel logLevel) => logLevel >= bus.LogLevel;
    public void Log(LogLevel logLevel, Exception? cause, LogMessage message) => Publish(logLevel, cause, message);
    public void Log(LogLevel logLevel, Exception? cause, string format) => Publish(logLevel, cause, format);

    void Publish(LogLevel level, Exception? cause, object message) => bus.Publish(level switch
    {
        LogLevel.DebugLevel => new Debug(cause, source, type, message),
        LogLevel.InfoLevel => new Info(cause, source, type, message),
        LogLevel.WarningLevel => new Warning(cause, source, type, message),
        _ => (LogEvent)new Error(cause, source, type, message),
    });
}
