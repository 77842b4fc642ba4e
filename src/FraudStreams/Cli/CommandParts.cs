using System.CommandLine;

namespace FraudStreams.Cli;

static class CommandParts
{
    /// <summary>Adds arguments and options, in the order in which help shows them.</summary>
    public static Command With(this Command command, params IEnumerable<Symbol> symbols)
    {
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
                command.Arguments.Add(argument);
            else
                command.Options.Add((Option)symbol);
        }

        return command;
    }
}
