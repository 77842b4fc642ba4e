using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Diagnostics;

/// <summary>
/// Writes each log event as one line to whoever owns the screen: a live table may be drawn there, which lines of the console provider would cross.
/// </summary>
public sealed class LineLoggerProvider(Action<string> write, LogFormat format, TimeProvider time) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new LineLogger(this, categoryName);

    public void Dispose()
    {
        // The screen belongs to its owner.
    }

    static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Critical or LogLevel.Error => "error",
        LogLevel.Warning => "warning",
        LogLevel.Information => "info",
        LogLevel.Debug => "debug",
        _ => "trace",
    };

    string Line(string category, LogLevel level, string message, Exception? exception, object? state)
    {
        var at = time.GetUtcNow();
        if (format == LogFormat.Json)
            return Json(at, category, level, message, exception, state as IEnumerable<KeyValuePair<string, object?>>);
        var cause = exception is null ? "" : $": {exception.Message}";
        return $"{at:HH:mm:ss}  {(level >= LogLevel.Warning ? NameOf(level).ToUpperInvariant() : NameOf(level))}  {message}{cause}".ReplaceLineEndings(" ");
    }

    static string Json(DateTimeOffset at, string category, LogLevel level, string message, Exception? exception, IEnumerable<KeyValuePair<string, object?>>? values)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("time", at.UtcDateTime);
            json.WriteString("level", NameOf(level));
            json.WriteString("category", category);
            json.WriteString("message", message);
            if (exception is not null)
                json.WriteString("exception", exception.ToString());
            json.WriteStartObject("values");
            foreach (var (name, value) in values ?? [])
            {
                if (name == "{OriginalFormat}")
                    continue;
                json.WritePropertyName(name);
                Write(json, value);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case int or long or short or byte:
                json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case double number when double.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            default:
                json.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    sealed class LineLogger(LineLoggerProvider provider, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            provider._write(provider.Line(category, logLevel, formatter(state, exception), exception, state));
    }

    readonly Action<string> _write = write;
}
