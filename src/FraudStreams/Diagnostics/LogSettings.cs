using System.Collections.Immutable;
using FraudStreams.Configuration;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Diagnostics;

public enum LogFormat
{
    /// <summary>A line for people: time, level, message.</summary>
    Human,

    /// <summary>One JSON object a line, with the message's values by their names.</summary>
    Json,
}

/// <param name="Level">What is logged at least.</param>
/// <param name="Levels">Other levels for categories that begin so, such as Akka or FraudStreams.Messaging.</param>
public sealed record LogSettings(LogFormat Format, LogLevel Level, ImmutableSortedDictionary<string, LogLevel> Levels)
{
    const string Words = "one of trace, debug, info, warning, error, off";

    public static LogSettings From(SettingsSection section) => new(
        section.OneOf("format", "human", "json") == "json" ? LogFormat.Json : LogFormat.Human,
        section.Parsed("level", Parse, Words),
        section.Entries("levels").ToImmutableSortedDictionary(
            entry => entry.Key, entry => TryParse(entry.Value) ?? throw SettingsException.Senseless($"{section.PathOf("levels")}.{entry.Key}", entry.Value, Words)));

    public bool IsDebugWanted => Level <= LogLevel.Debug || Levels.Values.Any(level => level <= LogLevel.Debug);

    static LogLevel Parse(string text) => TryParse(text) ?? throw new FormatException();

    static LogLevel? TryParse(string text) => text switch
    {
        "trace" => LogLevel.Trace,
        "debug" => LogLevel.Debug,
        "info" => LogLevel.Information,
        "warning" => LogLevel.Warning,
        "error" => LogLevel.Error,
        "off" => LogLevel.None,
        _ => null,
    };
}
