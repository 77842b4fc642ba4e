using System.CommandLine;

namespace FraudStreams.Cli;

/// <summary>--report of the commands that write one, and --force beside it.</summary>
sealed class ReportOptions(string description)
{
    readonly Option<FileInfo?> _report = new("--report") { Description = $"An HTML file for the report: {description}. It opens without a network.", HelpName = "HTML" };

    readonly Option<bool> _force = CommandChecks.Force();

    public Option[] All => [_report, _force];

    /// <summary>The file, before the work is done; null where none is asked for.</summary>
    /// <exception cref="CommandFailedException">It cannot be written so.</exception>
    public FileInfo? Of(ParseResult call)
    {
        if (call.GetValue(_report) is not { } file)
            return null;
        CommandChecks.MayWrite(file.FullName, call.GetValue(_force));
        return file;
    }
}
