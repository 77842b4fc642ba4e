using System.CommandLine;
using FraudStreams.Configuration;

namespace FraudStreams.Cli;

/// <summary>Options of the commands that read a file.</summary>
static class InputOptions
{
    /// <summary>What each command's --input takes.</summary>
    public const string Forms = "a CSV with a header, also gzip, zstd, UTF-16 or a pipe, or a Parquet file; - reads standard input";

    public static Option<string?> MaxRejected { get; } = CreateMaxRejected();

    /// <summary>The settings that the options stand for.</summary>
    public static IEnumerable<string> Of(ParseResult call) => call.GetValue(MaxRejected) is { } share ? [$"input.max-rejected={share}"] : [];

    static Option<string?> CreateMaxRejected()
    {
        var option = new Option<string?>("--max-rejected")
        {
            Description = "Share of the input that may be rejected, such as 5%; more ends with exit code 1. Default: input.max-rejected, 100%: only where everything is rejected; for `labels import` none.",
            HelpName = "SHARE",
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !IsShare(result.Tokens[0].Value))
                result.AddError($"--max-rejected is {result.Tokens[0].Value}; it must be a share from 0% to 100%, such as 5% or 0.05");
        });
        return option;
    }

    static bool IsShare(string text)
    {
        try
        {
            return SettingsValues.ParseShare(text) is >= 0 and <= 1;
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
