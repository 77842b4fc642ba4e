using System.CommandLine;
using System.Globalization;
using FraudStreams.Candidates;
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

    static readonly ReportOptions Report = new("both versions' metrics, curves, calibration, cut-offs, days");

    static readonly Option<bool> None = new("--none") { Description = "No version challenges the champion any more." };

    /// <summary>Who calls.</summary>
    public static string User => Environment.UserName;

    public static Command Create() => new("models", "The registry of model versions: which scores, who put it there and why. A running stream follows it within a second.")
    {
        Of("list", "Lists the versions.", ListAsync, [], "fraudstreams models list", "fraudstreams models list --json"),
        Of("show", "Shows a version: what it learnt from, its metrics, and what happened to it.", ShowAsync, [Version()], "fraudstreams models show cards-20260131-120000"),
        Of("import", "Brings in a model from elsewhere: the folder of a version of this program, or the file of a model of XGBoost, LightGBM, ONNX or ML.NET. It is checked, kept and not put into service.",
            ModelsImport.RunAsync,
            [
                new Argument<string>("PATH") { Description = "A version's folder, with model.json, card.json and SHA256SUMS; or what XGBoost (JSON, UBJ) or LightGBM (text) writes with save_model, an ONNX file, or a pipeline that ML.NET saved (.zip)." },
                .. ModelsImport.Options, WhyOrNone, As,
            ],
            "fraudstreams models import /mnt/models/cards-20260131-120000 --why \"trained on the full year\"",
            "fraudstreams models import model.json --schema cards --features map.conf --threshold 0.4 --expect scores.csv"),
        Of("promote", "Puts a version into service on every host, at the next batch; with models.approvals it waits until others approved.", PromoteAsync, [Version(), Why, As],
            "fraudstreams models promote cards-20260131-120000 --why \"better on January\""),
        Of("approve", "Approves a promotion that somebody else asked for.", ApproveAsync, [Version(), Why, As],
            "fraudstreams models approve cards-20260131-120000 --why \"checked the comparison\" --as maria"),
        Of("rollback", "Puts the version before the champion into service again.", RollBackAsync, [Why, As], "fraudstreams models rollback --why \"three times the alerts\""),
        Of("challenge", "Has a version score the same payments in the champion's shadow; what it says decides nothing and goes to topic shadow and the store.", ChallengeAsync,
            [new Argument<string?>("VERSION") { Description = "The name of a version, as `models list` prints it.", Arity = ArgumentArity.ZeroOrOne }, None, Why, As],
            "fraudstreams models challenge cards-20260207-120000 --why \"trained with February's labels\"", "fraudstreams models challenge --none --why \"seen enough\""),
        Of("gate", "Judges the challenger against the champion on what both scored and the store has labels of: passed, refused or not yet, with the reasons.", ModelsGate.RunAsync, ModelsGate.Options,
            "fraudstreams models gate", "fraudstreams models gate --report gate.html"),
        Of("threshold", "Changes the score from which a version predicts fraud, without training.", ThresholdAsync,
            [Version(), new Argument<string>("SCORE") { Description = "Above 0, at most 1, such as 0.4." }, Why, As],
            "fraudstreams models threshold cards-20260131-120000 0.4 --why \"the team takes 30 more alerts a day\""),
        Of("history", "Prints every entry: who did what, when and why.", HistoryAsync, [Verify], "fraudstreams models history", "fraudstreams models history --verify"),
        Of("who", "Shows which version decided about a payment, who put it into service and why, and what challengers said of it.", ModelsWho.RunAsync,
            [new Argument<string>("ID") { Description = "The payment's id." }], "fraudstreams models who f05a20e1e8ef9ce8c6e511bda6603b18"),
        Of("compare", "Measures two versions on the same labelled payments.", CompareAsync, [Version(), Version("OTHER"), Input, .. Report.All],
            "fraudstreams models compare cards-20260131-120000 cards-20260207-120000 --input february.csv --report compared.html"),
    };

    static Argument<string> Version(string name = "VERSION") => new(name) { Description = "The name of a version, as `models list` prints it." };

    static Command Of(
        string name, string description, Func<ParseResult, FraudSettings, ModelService, CancellationToken, Task<int>> run, Symbol[] symbols,
        params string[] examples)
    {
        var command = new Command(name, description).With(symbols);
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
            await using var registry = new ModelRegistry(topics, local, settings.Models.Probation.Time, TimeProvider.System);
            if (run != HistoryAsync)
                await registry.RefreshAsync(stop.Stopped);
            var gate = StorePromotionGate.Create(() => ModelsGate.OpenStore(settings), new LiveCandidateSettings(settings.Candidates), settings.DataDirectory);
            return await run(call, settings, new ModelService(registry, local, gate, settings.Models, TimeProvider.System), stop.Stopped);
        });
        return command.WithExamples(examples);
    }

    static Task<int> ListAsync(ParseResult call, FraudSettings settings, ModelService models, CancellationToken cancellationToken)
    {
        var list = models.List();
        if (call.GetValue(CommonOptions.Json))
            JsonOutput.Print(list);
        else
            ModelsView.Print(list);
        return Task.FromResult(ExitCode.Done);
    }

    static Task<int> ShowAsync(ParseResult call, FraudSettings settings, ModelService models, CancellationToken cancellationToken)
    {
        var version = models.Show(call.GetValue<string>("VERSION")!);
        if (call.GetValue(CommonOptions.Json))
            JsonOutput.Print(version);
        else
            ModelsView.Print(version);
        return Task.FromResult(ExitCode.Done);
    }

    static async Task<int> PromoteAsync(ParseResult call, FraudSettings settings, ModelService models, CancellationToken cancellationToken)
    {
        var name = call.GetValue<string>("VERSION")!;
        var version = await models.PromoteAsync(name, call.GetValue(As)!, call.GetValue(Why)!, cancellationToken);
        if (version.Gate is { } gate)
            await Console.Error.WriteLineAsync($"{gate}");
        return Say(call, version, IsInService(version) ? $"{version.Version} is in service." : $"{version.Version} goes into service once {version.ApprovalsMissing} more approved it.");
    }

    static async Task<int> ApproveAsync(ParseResult call, FraudSettings settings, ModelService models, CancellationToken cancellationToken)
    {
        var version = await models.ApproveAsync(call.GetValue<string>("VERSION")!, call.GetValue(As)!, call.GetValue(Why)!, cancellationToken);
        return Say(call, version, IsInService(version) ? $"{version.Version} is in service." : $"Approved; {version.ApprovalsMissing} more must.");
    }

    static async Task<int> RollBackAsync(ParseResult call, FraudSettings settings, ModelService models, CancellationToken cancellationToken)
    {
        var former = models.List().Champion;
        var version = await models.RollBackAsync(call.GetValue(As)!, call.GetValue(Why)!, cancellationToken);
        return Say(call, version, $"{version.Version} is in service again, in place of {former}.");
    }

    static async Task<int> ChallengeAsync(ParseResult call, FraudSettings settings, ModelService models, CancellationToken cancellationToken)
    {
        var (name, isNone) = (call.GetValue<string?>("VERSION"), call.GetValue(None));
        if (name is null != isNone)
            throw new SettingsException("give the version that is to challenge the champion, or --none, and not both");
        if (isNone)
        {
            var former = await models.StandDownAsync(call.GetValue(As)!, call.GetValue(Why)!, cancellationToken);
            return Say(call, former, $"{former.Version} challenges {models.List().Champion} no more.");
        }

        var version = await models.ChallengeAsync(name!, call.GetValue(As)!, call.GetValue(Why)!, cancellationToken);
        return Say(call, version, $"{version.Version} challenges {models.List().Champion}: it scores the same payments in its shadow.");
    }

    static async Task<int> ThresholdAsync(ParseResult call, FraudSettings settings, ModelService models, CancellationToken cancellationToken)
    {
        var threshold = ThresholdOf(call.GetValue<string>("SCORE")!);
        var version = await models.ChangeThresholdAsync(call.GetValue<string>("VERSION")!, threshold, call.GetValue(As)!, call.GetValue(Why)!, cancellationToken);
        return Say(call, version, $"{version.Version} predicts fraud from a score of {threshold.ToString(CultureInfo.InvariantCulture)} on.");
    }

    /// <summary>The system's own separators would make 1 of "0,1".</summary>
    internal static double ThresholdOf(string score) => double.TryParse(score, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var threshold)
        ? threshold
        : throw new SettingsException($"a threshold of {score} is no number: it is above 0 and at most 1, with a decimal point, such as 0.4");

    static async Task<int> HistoryAsync(ParseResult call, FraudSettings settings, ModelService models, CancellationToken cancellationToken)
    {
        var history = await models.HistoryAsync(call.GetValue(Verify), cancellationToken);
        if (call.GetValue(CommonOptions.Json))
            JsonOutput.Print(history);
        else
            ModelsView.PrintLines(history.Entries);
        foreach (var problem in history.Problems)
            await Console.Error.WriteLineAsync($"fraudstreams: {problem}");
        if (history.Problems.IsEmpty && call.GetValue(Verify) && !call.GetValue(CommonOptions.Json))
        {
            Screen.Out.WritePlain(history.Entries.IsEmpty
                ? "The registry is empty."
                : $"{history.Entries.Length} entries, each sealed with the ones before it, and the files of {models.List().Versions.Length} versions are as registered; the last entry has the hash {history.Head}.");
        }

        return history.Problems.IsEmpty ? ExitCode.Done : ExitCode.Failed;
    }

    static async Task<int> CompareAsync(ParseResult call, FraudSettings settings, ModelService models, CancellationToken cancellationToken)
    {
        var file = RunCommand.ExistingFile(call.GetValue(Input)!);
        var page = Report.Of(call);
        var reports = await WorkProgress.RunAsync(progress => models.CompareAsync(
            [call.GetValue<string>("VERSION")!, call.GetValue<string>("OTHER")!], schema => new CsvHistory(file, SchemaResolver.Written(settings.Schema, schema)), progress, cancellationToken));
        if (page is not null)
            await File.WriteAllTextAsync(page.FullName, EvaluationHtml.Write(reports), cancellationToken);
        if (call.GetValue(CommonOptions.Json))
            JsonOutput.Print(new { Compared = reports });
        else
            Screen.Out.Write(MetricsTable.Compare($"on {reports[0].Rows:N0} payments of {Path.GetFileName(file)}", [.. reports.Select(report => (report.ModelVersion, report.Metrics))]));
        return ExitCode.Done;
    }

    static bool IsInService(ModelSummary version) => version.Alias == ModelSummary.Champion;

    internal static int Say(ParseResult call, ModelSummary version, string text)
    {
        if (call.GetValue(CommonOptions.Json))
            JsonOutput.Print(version);
        else
            Screen.Out.WritePlain(text);
        return ExitCode.Done;
    }
}
