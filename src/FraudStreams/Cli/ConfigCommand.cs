using System.CommandLine;
using FraudStreams.Configuration;

namespace FraudStreams.Cli;

/// <summary>`config`: the settings that hold here, and where each came from.</summary>
static class ConfigCommand
{
    static readonly Option<bool> Changed = new("--changed") { Description = "Only what is not a default." };

    static readonly Option<bool> Reference = new("--reference") { Description = "The defaults as a file, every key with its unit and reason." };

    public static Command Create()
    {
        var command = new Command("config", "Prints the effective configuration: each setting, its value and the layer that it came from. Secrets are masked.");
        command.Options.Add(Changed);
        command.Options.Add(Reference);
        command.SetAction(Invoke);
        return command.WithExamples(
            "fraudstreams config",
            "fraudstreams config --changed --config production.conf",
            "fraudstreams config --reference > reference.conf",
            "fraudstreams config --json");
    }

    static int Invoke(ParseResult call)
    {
        if (call.GetValue(Reference))
        {
            Console.Out.Write(ConfigLayers.ReferenceText());
            return ExitCode.Done;
        }

        var layers = call.Layers();
        FraudSettings.From(layers.Load());
        var settings = layers.Effective().Where(setting => !call.GetValue(Changed) || setting.Source != ConfigLayers.DefaultSource).ToList();
        if (call.GetValue(CommonOptions.Json))
        {
            JsonOutput.Print(new { Settings = settings.Select(setting => new { setting.Path, Value = setting.Shown, setting.Source }) });
            return ExitCode.Done;
        }

        // Plain lines, so that they can be searched and compared: a table would cut long values.
        foreach (var setting in settings)
            Console.Out.WriteLine($"{setting.Path} = {setting.Shown}{(setting.Source == ConfigLayers.DefaultSource ? "" : $"    # {setting.Source}")}");
        return ExitCode.Done;
    }
}
