using System.CommandLine;
using FraudStreams.Configuration;
using FraudStreams.Messaging;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Simulation;
using FraudStreams.Storage;

namespace FraudStreams.Cli;

/// <summary>The program's commands, and how their failures become a sentence and an exit code.</summary>
static class CommandLine
{
    public static async Task<int> RunAsync(string[] args)
    {
        FileAccessRights.KeepToOwner();
        var call = Root().Parse(args);
        if (call.Errors.Count > 0)
        {
            foreach (var error in call.Errors)
                await Console.Error.WriteLineAsync($"fraudstreams: {error.Message}");
            await Console.Error.WriteLineAsync("fraudstreams --help shows what can be asked.");
            return ExitCode.WrongUse;
        }

        // The stream handles signals itself (a drain takes longer than the two seconds that the library would grant).
        var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        try
        {
            return await call.InvokeAsync(invocation);
        }
        catch (Exception e) when (e is SettingsException or SchemaException)
        {
            await Console.Error.WriteLineAsync($"fraudstreams: {e.Message}");
            return ExitCode.WrongUse;
        }
        catch (Exception e) when (e is CommandFailedException or NothingToMeasureException or TooManyRejectedException or TrainingFailedException or ModelArtifactException or RegistryException or MessageLogException
            or StoreException or IOException or InvalidDataException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"fraudstreams: {e.Message}");
            return ExitCode.Failed;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("fraudstreams: stopped before it was done");
            return ExitCode.Failed;
        }
        catch (Exception e)
        {
            await Console.Error.WriteLineAsync($"fraudstreams: a fault of the program, please report it:\n{e}");
            return ExitCode.Failed;
        }
    }

    static RootCommand Root()
    {
        var run = RunCommand.Create();
        var root = new RootCommand("FraudStreams scores card payments for fraud while they happen.")
        {
            run,
            SimulateCommand.Create(),
            ExploreCommand.Create(),
            TrainCommand.Create(),
            EvaluateCommand.Create(),
            TuneCommand.Create(),
            StatusCommand.Create(),
            HealthCommand.Create(),
            ConfigCommand.Create(),
            RejectedCommand.Create(),
            LabelsCommand.Create(),
            SchemaCommand.Create(),
            ExportCommand.Create(),
            ReplayCommand.Create(),
            FeaturesCommand.Create(),
            ModelsCommand.Create(),
            RetrainCommand.Create(),
            ExplainCommand.Create(),
            DriftCommand.Create(),
            KeysCommand.Create(),
            AuditCommand.Create(),
            PrivacyCommand.Create(),
            PiiCommand.Create(),
        };
        foreach (var option in CommonOptions.All.Concat(RunCommand.Options))
            root.Options.Add(option);
        root.SetAction(RunCommand.InvokeAsync);
        return root
            .WithExamples(
                "fraudstreams                                            generate payments, score them, alert, store",
                "fraudstreams run --input payments.csv --until-drained   score a file to its end, then stop",
                "fraudstreams train --input history.csv                  train a model and put it in service",
                "fraudstreams evaluate --input later.csv                 how good that model is on other payments",
                "fraudstreams status --json                              counts and lags, beside a running stream or without one")
            .ShowInHelp();
    }
}

/// <summary>A command was asked rightly and could not be done; the message is for the person who asked.</summary>
public sealed class CommandFailedException(string message) : Exception(message);
