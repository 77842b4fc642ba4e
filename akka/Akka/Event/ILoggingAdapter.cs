namespace Akka.Event;

public interface ILoggingAdapter
{
    ILogMessageFormatter Formatter { get; }
    bool IsDebugEnabled { get; }
    bool IsInfoEnabled { get; }
    bool IsWarningEnabled { get; }
    bool IsErrorEnabled { get; }
    bool IsEnabled(LogLevel logLevel);
    void Log(LogLevel logLevel, Exception? cause, LogMessage message);
    void Log(LogLevel logLevel, Exception? cause, string format);
}

public static class LoggingExtensions
{
    public static void Debug(this ILoggingAdapter log, string format, params object[] args) =>
        log.Write(LogLevel.DebugLevel, null, format, args);
    public static void Debug(this ILoggingAdapter log, Exception? cause, string format, params object[] args) =>
        log.Write(LogLevel.DebugLevel, cause, format, args);

    public static void Info(this ILoggingAdapter log, string format, params object[] args) =>
        log.Write(LogLevel.InfoLevel, null, format, args);
    public static void Info(this ILoggingAdapter log, Exception? cause, string format, params object[] args) =>
        log.Write(LogLevel.InfoLevel, cause, format, args);

    public static void Warning(this ILoggingAdapter log, string format, params object[] args) =>
        log.Write(LogLevel.WarningLevel, null, format, args);
    public static void Warning(this ILoggingAdapter log, Exception? cause, string format, params object[] args) =>
        log.Write(LogLevel.WarningLevel, cause, format, args);

    public static void Error(this ILoggingAdapter log, string format, params object[] args) =>
        log.Write(LogLevel.ErrorLevel, null, format, args);
    public static void Error(this ILoggingAdapter log, Exception? cause, string format, params object[] args) =>
        log.Write(LogLevel.ErrorLevel, cause, format, args);

    static void Write(this ILoggingAdapter log, LogLevel level, Exception? cause, string format, object[] args)
    {
        if (!log.IsEnabled(level)) return;
        if (args is { Length: > 0 }) log.Log(level, cause, new DefaultLogMessage(log.Formatter, format, args));
        else log.Log(level, cause, format);
    }
}
