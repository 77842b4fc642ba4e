using System.CommandLine;

namespace FraudStreams.Cli;

/// <summary>`simulate`: only the producer.</summary>
static class SimulateCommand
{
    static readonly Option<FileInfo?> Input = new("--input")
    {
        Description = $"Payments to replay: {InputOptions.Forms}. Default: payments are generated, endlessly.",
        HelpName = "CSV",
    };

    public static Command Create()
    {
        var command = new Command("simulate", "Produces payments to the topic transactions at speed_1, and nothing else: a file's in the order of its rows, or generated ones. Stopped and started again it goes on with the next payment.");
        command.Options.Add(Input);
        command.SetAction((call, _) =>
        {
            string[] options = call.GetValue(Input) is { } input
                ? ["roles=[simulate]", $"simulate.input={RunCommand.ExistingFile(input)}"]
                : ["roles=[simulate]"];
            return StreamRun.RunAsync(call.Layers(options: options), untilDrained: call.GetValue(Input) is not null, call.GetValue(CommonOptions.Json));
        });
        return command.WithExamples(
            "fraudstreams simulate --set speeds.speed_1=50/s",
            "fraudstreams simulate --input payments.csv",
            "fraudstreams simulate --input payments.csv --set simulate.pace=event-time --set simulate.event-time-factor=600");
    }
}
