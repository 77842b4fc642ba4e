using System.CommandLine;
using FraudStreams.Configuration;
using FraudStreams.Simulation;

namespace FraudStreams.Cli;

/// <summary>`run`, also the program without a command: the stream with the roles of this process.</summary>
static class RunCommand
{
    static readonly Option<FileInfo?> Input = new("--input")
    {
        Description = $"Payments to replay: {InputOptions.Forms}. Default: payments are generated.",
        HelpName = "CSV",
    };

    static readonly Option<bool> UntilDrained = new("--until-drained")
    {
        Description = "Stop when the input is at its end and every pipeline has caught up. Speed_1 is then unlimited unless told otherwise.",
    };

    static readonly Option<string[]> Roles = new("--roles")
    {
        Description = "The parts that run in this process: simulate, score, alert, store, label, train, api, rekey. Default: all.",
        HelpName = "ROLE",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [],
    };

    /// <summary>The root command has them too, since it runs when no command is named.</summary>
    public static IEnumerable<Option> Options => [Input, UntilDrained, Roles, InputOptions.MaxRejected];

    public static Command Create()
    {
        var command = new Command("run", "Runs the stream: payments in, predictions, alerts, database. Ctrl-C finishes what was taken and stops; a second Ctrl-C leaves at once.");
        command.With(Options);
        command.SetAction(InvokeAsync);
        return command.WithExamples(
            "fraudstreams run",
            "fraudstreams run --input payments.csv --until-drained",
            "zcat payments.csv.gz | fraudstreams run --input - --until-drained --max-rejected 5%",
            "fraudstreams run --set speeds.speed_1=1000/s --set batch.size=200",
            "fraudstreams run --config production.conf --roles score");
    }

    public static Task<int> InvokeAsync(ParseResult call, CancellationToken cancellationToken)
    {
        var untilDrained = call.GetValue(UntilDrained);
        var options = InputOptions.Of(call).ToList();
        if (call.GetValue(Input) is { } input)
            options.Add($"simulate.input={ExistingFile(input)}");
        if (call.GetValue(Roles) is { Length: > 0 } roles)
            options.Add($"roles=[{string.Join(", ", roles.SelectMany(role => role.Split(',', StringSplitOptions.RemoveEmptyEntries)))}]");
        var layers = call.Layers(untilDrained ? "fraudstreams.speeds.speed_1 = unlimited" : null, options);
        return StreamRun.RunAsync(layers, untilDrained, call.GetValue(CommonOptions.Json));
    }

    /// <summary>The path of an input file, or "-" for standard input.</summary>
    /// <exception cref="SettingsException">There is no such file, or it is a directory.</exception>
    /// <param name="right">What it must be, for the message.</param>
    internal static string ExistingFile(FileInfo file, string right = "a CSV file with a header")
    {
        var path = file.ToString() == InputFile.StandardInput ? InputFile.StandardInput : file.FullName;
        InputFile.Check(path, right);
        return path;
    }
}
