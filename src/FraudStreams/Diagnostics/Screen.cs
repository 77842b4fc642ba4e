using Spectre.Console;

namespace FraudStreams.Diagnostics;

/// <summary>Where people read: with colours and a width of its own on a terminal, as plain text in a file or a pipe, where no line is broken.</summary>
static class Screen
{
    const int PlainWidth = short.MaxValue;

    public static IAnsiConsole Out { get; } = Create(Console.Out, Console.IsOutputRedirected);

    public static IAnsiConsole Error { get; } = Create(Console.Error, Console.IsErrorRedirected);

    /// <summary>One line as it is: a terminal breaks it where it has to, nobody else does.</summary>
    public static void WritePlain(this IAnsiConsole console, string line) => console.Profile.Out.Writer.WriteLine(line);

    static IAnsiConsole Create(TextWriter writer, bool redirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
        });
        if (redirected)
            console.Profile.Width = PlainWidth;
        return console;
    }
}
