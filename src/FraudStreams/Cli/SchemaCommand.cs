using System.CommandLine;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Guessing;
using FraudStreams.Simulation;

namespace FraudStreams.Cli;

/// <summary>`schema guess`: a schema file for a file of payments, and a model of it at once.</summary>
static class SchemaCommand
{
    const int DefaultRows = 50_000;

    static readonly Argument<FileInfo> Input = new("FILE") { Description = $"Payments: {InputOptions.Forms}." };

    static readonly Option<FileInfo?> Output = new("--output")
    {
        Description = "The schema file to write. Default: the input's name with .conf, in the current folder.",
        HelpName = "FILE",
    };

    static readonly Option<int> Rows = new("--rows")
    {
        Description = "How many rows to look at; fewer of a file with very many columns.",
        HelpName = "COUNT",
        DefaultValueFactory = _ => DefaultRows,
    };

    static readonly Option<bool> Train = new("--train") { Description = "Train a model with the guessed schema at once, as `train --input FILE --schema SCHEMA` does, and put it in service in the data folder." };

    static readonly Option<bool> Force = CommandChecks.Force();

    public static Command Create()
    {
        var guess = new Command(
            "guess",
            "Writes a schema file with comments from a sample of a file: types, time formats, id, card, amount and label, what is secret, how the file is written, and features to begin with. A person corrects what is wrong.");
        guess.With([Input, Output, Rows, Train, Force, InputOptions.MaxRejected]);
        guess.SetAction(InvokeAsync);
        return new Command("schema", "What a transaction is, as a file says it.")
        {
            guess.WithExamples(
                "fraudstreams schema guess payments.csv",
                "fraudstreams schema guess orders.parquet --output shop.conf --rows 5000",
                "fraudstreams schema guess payments.csv --train --data shop-data"),
        };
    }

    static async Task<int> InvokeAsync(ParseResult call, CancellationToken cancellationToken)
    {
        var given = call.GetValue(Input)!;
        var input = RunCommand.ExistingFile(given);
        var isTraining = call.GetValue(Train);
        var guess = SchemaGuesser.Of(input, call.GetValue(Rows))
            ?? throw new SettingsException($"{InputFile.NameOf(input)} does not begin with a line of column names: a schema names its fields by them");
        var path = call.GetValue(Output)?.FullName ?? Path.GetFullPath($"{guess.Name}.conf");
        if (!path.EndsWith(".conf", StringComparison.Ordinal))
            throw new SettingsException($"--output {path}: the name of a schema file ends in .conf");
        CommandChecks.MayWrite(path, call.GetValue(Force));
        await File.WriteAllTextAsync(path, guess.Text, cancellationToken);
        if (!guess.Missing.IsEmpty)
            throw new CommandFailedException($"{path} is written and not complete: no column seems to be the {string.Join(" and the ", guess.Missing)}, and every payment has them. Fill in what is ???, and try it with `fraudstreams train --input {given} --schema {path}`");
        var (read, leftOut) = await WorkProgress.RunAsync(progress => Task.FromResult(TryOut(input, path, guess, progress, cancellationToken)));
        if (read == 0 && leftOut > 0)
            throw new CommandFailedException($"{path} is written, and none of the {leftOut:N0} rows looked at can be read with it: correct it, and try it with `fraudstreams train --input {given} --schema {path}`");
        if (isTraining && !guess.HasLabel)
            throw new CommandFailedException($"{path} is written; nothing was trained: no column says which payments were fraud. Name it as roles.label");
        if (isTraining)
        {
            await Console.Error.WriteLineAsync($"{path} is written");
            return await TrainCommand.RunAsync(call, given, isChampion: true, [$"schema={path}"]);
        }

        if (call.GetValue(CommonOptions.Json))
            JsonOutput.Print(ResultOf(path, guess.HasLabel, read, leftOut));
        else
            Screen.Out.WritePlain($"{path} is written: {read:N0} of the {read + leftOut:N0} rows looked at can be read with it. Read it through, then `fraudstreams train --input {given} --schema {path}`");
        return ExitCode.Done;
    }

    /// <summary>What --json prints.</summary>
    internal static object ResultOf(string schema, bool hasLabel, long read, long rejected) => new { Schema = schema, HasLabel = hasLabel, Read = read, Rejected = rejected };

    /// <summary>Reads the sample with what was written, and says what cannot be read.</summary>
    static (long Read, long LeftOut) TryOut(string input, string path, SchemaGuess guess, WorkProgress progress, CancellationToken cancellationToken)
    {
        var leftOut = new LeftOut();
        var history = new CsvHistory(input, SchemaFile.Read(path), guess.Rows);
        var read = history.Read(progress.Step($"Reading {guess.Rows:N0} rows of {history.Name} with {Path.GetFileName(path)}"), leftOut.Add, cancellationToken).Sum(rows => (long)rows.Count);
        leftOut.Report(progress, history.Name, read);
        return (read, leftOut.Rejected);
    }
}
