using FraudStreams.Diagnostics;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Cli;

/// <summary>What commands beside `run` log: warnings, as lines of standard error.</summary>
static class CommandLog
{
    public static ILogger Logger { get; } = LoggerFactory
        .Create(logging => logging.SetMinimumLevel(LogLevel.Warning).AddProvider(new LineLoggerProvider(Console.Error.WriteLine, LogFormat.Human, TimeProvider.System)))
        .CreateLogger("FraudStreams");
}
