using System.CommandLine;
using FraudStreams.Configuration;

namespace FraudStreams.Cli;

/// <summary>`run`, also the program without a command: the stream with the roles of this process.</summary>
static class RunCommand
{
    static readonly Option<FileInfo?> Input = new("--input")
    {
        Description = "Payments to replay, a CSV with a header. Default: payments are generated.",
        HelpName = "CSV",
    };

    static readonly Option<bool> UntilDrained = new("--until-drained")
    {
        Description = "Stop when the input is at its end and every pipeline has caught up. Speed_1 is then unlimited unless told otherwise.",
    };

    static readonly Option<string[]> Roles = new("--roles")
    {
        Description = "The parts that run in this process: simulate, score, alert, store, label. Default: all.",
        HelpName = "ROLE",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [],
    };

    /// <summary>The root command has them too, since it runs when no command is named.</summary>
    public static IEnumerable<Option> Options => [Input, UntilDrained, Roles];

    public static Command Create()
    {
        var command = new Command("run", "Runs the stream: payments in, predictions, alerts, database. Ctrl-C finishes what was taken and stops; a second Ctrl-C leaves at once.");
        foreach (var option in Options)
            command.Options.Add(option);
        command.SetAction(InvokeAsync);
        return command.WithExamples(
            "fraudstreams run",
            "fraudstreams run --input payments.csv --until-drained",
            "fraudstreams run --set speeds.speed_1=1000/s --set batch.size=200",
            "fraudstreams run --config production.conf --roles score");
    }

    public static Task<int> InvokeAsync(ParseResult call, CancellationToken cancellationToken)
    {
        var untilDrained = call.GetValue(UntilDrained);
        var options = new List<string>();
        if (call.GetValue(Input) is { } input)
            options.Add($"simulate.input={ExistingFile(input)}");
        if (call.GetValue(Roles) is { Length: > 0 } roles)
            options.Add($"roles=[{string.Join(", ", roles.SelectMany(role => role.Split(',', StringSplitOptions.RemoveEmptyEntries)))}]");
        var layers = call.Layers(untilDrained ? "fraudstreams.speeds.speed_1 = unlimited" : null, options);
        return StreamRun.RunAsync(layers, untilDrained, call.GetValue(CommonOptions.Json));
    }

    internal static string ExistingFile(FileInfo file) =>
        file.Exists ? file.FullName : throw new SettingsException($"{file} does not exist: it must be a CSV file with a header");
}
