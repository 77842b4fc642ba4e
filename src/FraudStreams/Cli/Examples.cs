using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Runtime.CompilerServices;

namespace FraudStreams.Cli;

/// <summary>Examples below a command's help.</summary>
static class Examples
{
    static readonly ConditionalWeakTable<Command, string[]> Of = [];

    public static T WithExamples<T>(this T command, params string[] examples) where T : Command
    {
        Of.Add(command, examples);
        return command;
    }

    /// <summary>Makes --help of the root and of all its commands show their examples.</summary>
    public static RootCommand ShowInHelp(this RootCommand root)
    {
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((SynchronousCommandLineAction)help.Action!);
        return root;
    }

    sealed class HelpWithExamples(SynchronousCommandLineAction help) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var result = help.Invoke(parseResult);
            if (!Of.TryGetValue(parseResult.CommandResult.Command, out var examples))
                return result;
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (var example in examples)
                output.WriteLine($"  {example}");
            output.WriteLine();
            return result;
        }
    }
}
