namespace Akka.Event;

public interface ILogMessageFormatter
{
    string Format(string format, params object[] args);
}

public class DefaultLogMessageFormatter : ILogMessageFormatter
{
    public static readonly DefaultLogMessageFormatter Instance = new();

    DefaultLogMessageFormatter() { }

    public string Format(string format, params object[] args) => string.Format(format, args);
}

/// <summary>A template with its arguments, put together only where somebody reads it.</summary>
public abstract class LogMessage(ILogMessageFormatter formatter, string format)
{
    protected readonly ILogMessageFormatter Formatter = formatter;
    public string Format { get; } = format;
    public abstract string Unformatted();
}

internal sealed class DefaultLogMessage(ILogMessageFormatter formatter, string format, object[] args) : LogMessage(formatter, format)
{
    public override string Unformatted() => string.Join(",", args);

    public override string ToString()
    {
        try
        {
            return Formatter.Format(Format, args);
        }
        catch (FormatException)
        {
            return $"{Format} [{Unformatted()}] (the template does not fit its arguments)";
        }
    }
}
