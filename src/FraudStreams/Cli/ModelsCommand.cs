using System.CommandLine;
using System.Globalization;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Pipelines;
using Spectre.Console;

namespace FraudStreams.Cli;

/// <summary>`models`: the registry of model versions that all hosts of a stream share.</summary>
static class ModelsCommand
{
    static readonly Option<string> Why = new("--why") { Description = "The reason, for those who read the history later.", HelpName = "TEXT", Required = true };

    internal static readonly Option<string> WhyOrNone = new("--why") { Description = "The reason, for those who read the history later.", HelpName = "TEXT", DefaultValueFactory = _ => "" };

    internal static readonly Option<string> As = new("--as")
    {
        Description = "The name under which it is written down. Default: the user of the operating system.",
        HelpName = "NAME",
        DefaultValueFactory = _ => User,
    };

    static readonly Option<bool> Verify = new("--verify") { Description = "Read all entries again and check that none was changed, removed or replaced; ends with 1 where one was." };

    static readonly Option<FileInfo> Input = new("--input")
    {
        Description = "Labelled payments that neither version has seen, a CSV with a header.",
        HelpName = "CSV",
        Required = true,
    };

    /// <summary>Who calls.</summary>
    public static string User => Environment.UserName;

    public static Command Create() => new("models", "The registry of model versions: which scores, who put it there and why. A running stream follows it within a second.")
    {
        Of("list", "Lists the versions.", ListAsync, [], "fraudstreams models list", "fraudstreams models list --json"),
        Of("show", "Shows a version: what it learnt from, its metrics, and what happened to it.", ShowAsync, [Version()], "fraudstreams models show cards-20260131-120000"),
        Of("import", "Brings in a model from elsewhere: the folder of a version of this program, or the file of a model of XGBoost or LightGBM. It is checked, kept and not put into service.",
            ModelsImport.RunAsync,
            [
                new Argument<string>("PATH") { Description = "A version's folder, with model.json, card.json and SHA256SUMS; or what XGBoost (JSON, UBJ) or LightGBM (text) writes with save_model." },
                .. ModelsImport.Options, WhyOrNone, As,
            ],
            "fraudstreams models import /mnt/models/cards-20260131-120000 --why \"trained on the full year\"",
            "fraudstreams models import model.json --schema cards --features map.conf --threshold 0.4 --expect scores.csv"),
        Of("promote", "Puts a version into service on every host, at the next batch; with models.approvals it waits until others approved.", PromoteAsync, [Version(), Why, As],
            "fraudstreams models promote cards-20260131-120000 --why \"better on January\""),
        Of("approve", "Approves a promotion that somebody else asked for.", ApproveAsync, [Version(), Why, As],
            "fraudstreams models approve cards-20260131-120000 --why \"checked the comparison\" --as maria"),
        Of("rollback", "Puts the version before the champion into service again.", RollBackAsync, [Why, As], "fraudstreams models rollback --why \"three times the alerts\""),
        Of("threshold", "Changes the score from which a version predicts fraud, without training.", ThresholdAsync,
            [Version(), new Argument<string>("SCORE") { Description = "Above 0, at most 1, such as 0.4." }, Why, As],
            "fraudstreams models threshold cards-20260131-120000 0.4 --why \"the team takes 30 more alerts a day\""),
        Of("history", "Prints every entry: who did what, when and why.", HistoryAsync, [Verify], "fraudstreams models history", "fraudstreams models history --verify"),
        Of("compare", "Measures two versions on the same labelled payments.", CompareAsync, [Version(), Version("OTHER"), Input],
            "fraudstreams models compare cards-20260131-120000 cards-20260207-120000 --input february.csv"),
    };

    static Argument<string> Version(string name = "VERSION") => new(name) { Description = "The name of a version, as `models list` prints it." };

    static Command Of(
        string name, string description, Func<ParseResult, FraudSettings, ModelRegistry, LocalModels, CancellationToken, Task<int>> run, Symbol[] symbols,
        params string[] examples)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
                command.Arguments.Add(argument);
            else
                command.Options.Add((Option)symbol);
        }

        command.SetAction(async (call, _) =>
        {
            var settings = FraudSettings.From(call.Layers().Load());
            using var stop = new StopSignals();
            var local = new LocalModels(settings.DataDirectory, TimeProvider.System);
            if (settings.Topics.Kafka is null && !Directory.Exists(settings.DataDirectory))
            {
                if (run != ModelsImport.RunAsync)
                    throw new CommandFailedException($"there is no data folder {settings.DataDirectory}: `fraudstreams run` or `fraudstreams train` makes it");
                CommandChecks.MakeFolder(settings.DataDirectory);
            }

            await using var topics = StreamTopics.OpenRegistry(settings, CommandLog.Logger, TimeProvider.System);
            await using var registry = new ModelRegistry(topics, local, TimeProvider.System);
            if (run != HistoryAsync)
                await registry.RefreshAsync(stop.Stopped);
            return await run(call, settings, registry, local, stop.Stopped);
        });
        return command.WithExamples(examples);
    }

    static Task<int> ListAsync(ParseResult call, FraudSettings settings, ModelRegistry registry, LocalModels local, CancellationToken cancellationToken)
    {
        var state = registry.State;
        if (call.GetValue(CommonOptions.Json))
        {
            JsonOutput.Print(new { state.Champion, Versions = state.Versions.Values.Select(version => RegistryView.Summary(state, version)) });
            return Task.FromResult(ExitCode.Done);
        }

        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumn("version").AddColumn("").AddColumn("status");
        foreach (var column in (string[])["threshold", "average precision", "learnt from", "up to"])
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (var version in state.Versions.Values)
        {
            var model = version.Model;
            table.AddRow(
                Markup.Escape(version.Version), RegistryView.AliasOf(state, version.Version) ?? "", version.Status, $"{version.Threshold:0.0000}",
                model.Metrics.TryGetValue("average_precision", out var precision) ? $"{precision:0.0000}" : "", model.Rows > 0 ? $"{model.Rows:N0} payments" : "elsewhere", model.Rows > 0 ? $"{model.TrainedTo.UtcDateTime:yyyy-MM-dd}" : "");
        }

        Screen.Out.Write(table);
        foreach (var request in state.Requests.Values)
            Screen.Out.WritePlain($"{request.Entry.Actor} asks for {request.Entry.Version} to go into service ({request.Entry.Why}); {request.Missing} more must approve.");
        return Task.FromResult(ExitCode.Done);
    }

    static Task<int> ShowAsync(ParseResult call, FraudSettings settings, ModelRegistry registry, LocalModels local, CancellationToken cancellationToken)
    {
        var state = registry.State;
        var name = call.GetValue<string>("VERSION")!;
        var version = registry[name];
        var entries = state.History.Where(entry => entry.Version == name).ToArray();
        if (call.GetValue(CommonOptions.Json))
        {
            JsonOutput.Print(new { Summary = RegistryView.Summary(state, version), version.Model.Metrics, History = entries.Select(RegistryView.Line) });
            return Task.FromResult(ExitCode.Done);
        }

        var model = version.Model;
        Screen.Out.Write(MetricsTable.Render(name, "measured on its validation part", model.Metrics));
        foreach (var (title, value) in new (string, string)[]
        {
            ("status", version.Status + (version.Failure is { } failure ? $": {failure}" : "")), ("alias", RegistryView.AliasOf(state, name) ?? "none"),
            ("threshold in force", $"{version.Threshold:0.######} (its card: {model.Threshold:0.######}, {model.ThresholdRule})"),
            ("learnt from", model.Rows == 0 ? "elsewhere: not known" : $"{model.Rows:N0} payments, {model.Frauds:N0} frauds, {model.TrainedFrom.UtcDateTime:yyyy-MM-dd HH:mm} to {model.TrainedTo.UtcDateTime:yyyy-MM-dd HH:mm} UTC"),
            ("data (SHA-256)", model.DataDigest ?? "not known"), ("artifact (SHA-256)", model.Artifact), ("trained by release", model.Program), ("parent", model.Parent ?? "none"),
        })
            Screen.Out.WritePlain($"{title,-20} {value}");
        ModelsView.PrintLines(entries);
        return Task.FromResult(ExitCode.Done);
    }

    static async Task<int> PromoteAsync(ParseResult call, FraudSettings settings, ModelRegistry registry, LocalModels local, CancellationToken cancellationToken)
    {
        var version = call.GetValue<string>("VERSION")!;
        await CheckAsync(registry, version, cancellationToken);
        var inService = await registry.PromoteAsync(version, call.GetValue(As)!, call.GetValue(Why)!, settings.Models.Approvals, cancellationToken);
        Follow(registry, local);
        return Say(call, registry, version, inService ? $"{version} is in service." : $"{version} goes into service once {registry.State.Requests[version].Missing} more approved it.");
    }

    static async Task<int> ApproveAsync(ParseResult call, FraudSettings settings, ModelRegistry registry, LocalModels local, CancellationToken cancellationToken)
    {
        var version = call.GetValue<string>("VERSION")!;
        var inService = await registry.ApproveAsync(version, call.GetValue(As)!, call.GetValue(Why)!, cancellationToken);
        Follow(registry, local);
        return Say(call, registry, version, inService ? $"{version} is in service." : $"Approved; {registry.State.Requests[version].Missing} more must.");
    }

    static async Task<int> RollBackAsync(ParseResult call, FraudSettings settings, ModelRegistry registry, LocalModels local, CancellationToken cancellationToken)
    {
        var former = registry.State.Champion;
        var version = await registry.RollBackAsync(call.GetValue(As)!, call.GetValue(Why)!, cancellationToken);
        Follow(registry, local);
        return Say(call, registry, version, $"{version} is in service again, in place of {former}.");
    }

    static async Task<int> ThresholdAsync(ParseResult call, FraudSettings settings, ModelRegistry registry, LocalModels local, CancellationToken cancellationToken)
    {
        var (version, score) = (call.GetValue<string>("VERSION")!, call.GetValue<string>("SCORE")!);
        var threshold = ThresholdOf(score);
        await registry.ChangeThresholdAsync(version, threshold, call.GetValue(As)!, call.GetValue(Why)!, cancellationToken);
        Follow(registry, local);
        return Say(call, registry, version, $"{version} predicts fraud from a score of {threshold.ToString(CultureInfo.InvariantCulture)} on.");
    }

    /// <summary>The system's own separators would make 1 of "0,1".</summary>
    internal static double ThresholdOf(string score) => double.TryParse(score, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var threshold)
        ? threshold
        : throw new SettingsException($"a threshold of {score} is no number: it is above 0 and at most 1, with a decimal point, such as 0.4");

    static async Task<int> HistoryAsync(ParseResult call, FraudSettings settings, ModelRegistry registry, LocalModels local, CancellationToken cancellationToken)
    {
        var problems = call.GetValue(Verify) ? await registry.VerifyAsync(cancellationToken) : [];
        if (problems.Count == 0)
            await registry.RefreshAsync(cancellationToken);
        var history = registry.State.History;
        if (call.GetValue(CommonOptions.Json))
            JsonOutput.Print(new { Entries = history.Select(RegistryView.Line), Head = registry.State.Head, Problems = problems });
        else
            ModelsView.PrintLines(history);
        foreach (var problem in problems)
            await Console.Error.WriteLineAsync($"fraudstreams: {problem}");
        if (problems.Count == 0 && call.GetValue(Verify) && !call.GetValue(CommonOptions.Json))
        {
            Screen.Out.WritePlain(history.Count == 0
                ? "The registry is empty."
                : $"{history.Count} entries, each sealed with the ones before it, and the files of {registry.State.Versions.Count} versions are as registered; the last entry has the hash {registry.State.Head}.");
        }

        return problems.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    static async Task<int> CompareAsync(ParseResult call, FraudSettings settings, ModelRegistry registry, LocalModels local, CancellationToken cancellationToken)
    {
        var file = RunCommand.ExistingFile(call.GetValue(Input)!);
        var models = new[] { await registry.LoadAsync(call.GetValue<string>("VERSION")!, cancellationToken), await registry.LoadAsync(call.GetValue<string>("OTHER")!, cancellationToken) };
        var reports = WorkProgress.Run(progress => models.Select(model => Evaluator.Evaluate(model, new CsvHistory(file, model.Schema), progress, cancellationToken)).ToArray());
        if (call.GetValue(CommonOptions.Json))
            JsonOutput.Print(new { Compared = reports });
        else
            Screen.Out.Write(MetricsTable.Compare($"on {reports[0].Rows:N0} payments of {Path.GetFileName(file)}", [.. reports.Select(report => (report.ModelVersion, report.Metrics))]));
        return ExitCode.Done;
    }

    /// <summary>A version that this program cannot use goes into service nowhere.</summary>
    static async Task CheckAsync(ModelRegistry registry, string version, CancellationToken cancellationToken)
    {
        var model = await registry.LoadAsync(version, cancellationToken);
        if (registry.State.Champion is { } champion && champion != version && (await registry.LoadAsync(champion, cancellationToken)).Schema != model.Schema)
            throw new CommandFailedException($"{version} scores payments of schema {model.Schema.Name}, and not of the schema that {champion} does: the stream would have to start anew with it");
    }

    /// <summary>A start of this folder without its topics finds the same version.</summary>
    static void Follow(ModelRegistry registry, LocalModels local)
    {
        if (registry.State.Champion is { } champion && Directory.Exists(local.FolderOf(champion)))
            local.Follow(registry.State);
    }

    internal static int Say(ParseResult call, ModelRegistry registry, string version, string text)
    {
        if (call.GetValue(CommonOptions.Json))
            JsonOutput.Print(RegistryView.Summary(registry.State, registry.State.Versions[version]));
        else
            Screen.Out.WritePlain(text);
        return ExitCode.Done;
    }
}
