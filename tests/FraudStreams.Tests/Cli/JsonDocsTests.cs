using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using FraudStreams.Cli;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Drift;
using FraudStreams.Model.Evaluation.Promotion;
using FraudStreams.Model.Models.Trees;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Replay;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.Messaging.Sqlite;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Cli;

/// <summary>docs/json.md shows an example of what each command prints with --json: its keys are those of the program.</summary>
[Collection(WholeProgramCollection.Second)]
[Trait("Category", "Integration")]
public sealed partial class JsonDocsTests
{
    static readonly Dictionary<string, JsonElement> s_examples = Example().Matches(Repository.Read("docs/json.md"))
        .ToDictionary(example => example.Groups["command"].Value, example => JsonDocument.Parse(example.Groups["json"].Value).RootElement);

    [Fact]
    public async Task Commands_print_the_keys_of_the_examples()
    {
        using var folder = new StreamFolder(payments: 5_000);
        await using (var topics = EmbeddedMessageLog.Open(SettingsOf.Set("scoring.carry-features=on").Topics.Embedded(folder.Data), TimeProvider.System, _ => { }))
            await topics.PublishAsync(LogOf.Batch(TopicNames.Transactions, "no payment"), default);

        await ShouldPrintAsync("run", folder, "run", "--input", folder.Input, "--until-drained", "--json");
        await ShouldPrintAsync("status", folder, "status", "--json");
        await ShouldPrintAsync("rejected", folder, "rejected", "--json");
        await ShouldPrintAsync("train", folder, "train", "--input", folder.Input, "--set", "model.trees=20", "--set", "model.threshold=cost 100 1", "--json");
        await ShouldPrintAsync("evaluate", folder, "evaluate", "--input", folder.Input, "--json");
        await File.AppendAllLinesAsync(folder.Input, [(await File.ReadAllLinesAsync(folder.Input))[1], "half a row"]);
        await ShouldPrintAsync("explore", folder, "explore", "--input", folder.Input, "--report", "payments.html", "--json");
        await ShouldPrintAsync("replay", folder, "replay", "--into", folder.File("again.ndjson"), "--json");
        await ShouldPrintAsync("features verify", folder, "features", "verify", "--json");
        await ShouldPrintAsync("config", folder, "config", "--changed", "--json", "--set", "batch.size=9");
        var id = folder.IdsOf(TopicNames.Predictions, "trans_num").First();
        await File.WriteAllTextAsync(folder.File("labels.csv"), $"id,true_value,confirmed_at,confirmed_by\n{id},1,2026-01-01T00:00:00Z,me\n");
        await ShouldPrintAsync("labels import", folder, "labels", "import", "labels.csv", "--json");
        await ShouldPrintAsync("models list", folder, "models", "list", "--json");
        await ShouldPrintAsync("models show", folder, "models", "show", TrainedModel.Loaded.Version, "--json");
        await ShouldPrintAsync("models history", folder, "models", "history", "--json");
        await ShouldPrintAsync("explain", folder, "explain", folder.IdsOf(TopicNames.Alerts, "transaction").First(), "--json");
        await ShouldPrintAsync("export", folder, "export", "--validated", "confirmed.csv", "--json");
    }

    [Fact]
    public async Task Keys_changes_and_privacy_print_the_keys_of_their_examples()
    {
        using var folder = new StreamFolder(payments: 100);
        await folder.ShouldDoAsync("run", "--input", folder.Input, "--until-drained");
        await ShouldPrintAsync("keys add", folder, "keys", "add", "checkout", "--role", "viewer", "--json");
        await ShouldPrintAsync("keys list", folder, "keys", "list", "--json");
        await ShouldPrintAsync("audit", folder, "audit", "--action", "key", "--json");
        await ShouldPrintAsync("keys revoke", folder, "keys", "revoke", "checkout", "--json");
        await ShouldPrintAsync("privacy key", folder, "privacy", "key", "token.key", "--json");
        await ShouldPrintAsync(
            "privacy token", folder, "privacy", "token", "--card", "5555555555554444", "--set", "privacy.card-token=on", "--set", "privacy.token-key-file=token.key", "--json");
        var card = Encoding.UTF8.GetString(EmbeddedLog.ReadRecords(folder.Data, TopicNames.Transactions).First().Key.Span);
        await ShouldPrintAsync("privacy erase", folder, "privacy", "erase", "--card", card, "--why", "a test", "--json");
        await using var audit = await folder.RunAsync("pii", "audit", "--json");
        (await audit.ExitAsync()).ShouldBe(1, audit.Errors);
        ShouldBeAsIn("pii audit", audit.Json());
    }

    [Fact]
    public async Task Health_prints_the_keys_of_its_example()
    {
        using var folder = new StreamFolder(payments: 100);
        await using var run = folder.Start("run");
        await Heartbeats.UntilAsync(folder.Data, isHealthy: true, run);

        await ShouldPrintAsync("health", folder, "health", "--json");
    }

    [Fact]
    public void Back_tests_grid_searches_and_differences_have_the_keys_of_their_examples()
    {
        var fold = new FoldResult(default, default, 1, 1, 1, 1, 0.5, 0.5, 0.5);

        ShouldBeAsIn("evaluate --train-from", Parsed(EvaluateCommand.ResultOf([fold])));
        ShouldBeAsIn("tune", Parsed(TuneCommand.ResultOf([new GridResult([1], new BoostingSettings(), [fold])], fold)));
        ShouldBeAsIn("schema guess", Parsed(SchemaCommand.ResultOf("shop.conf", true, 1, 1)));
        ShouldBeAsIn("features verify, with a difference", Parsed(new FeatureVerified(1, 1, 0, new FeatureDifference("a", "predictions/0, offset 1", "v", "amt", 1, 2))));
    }

    [Fact]
    public void Who_decided_has_the_keys_of_its_example()
    {
        var line = new HistoryLine(1, default, "anna", RegistryAction.Approved, "v", "better", 0.4, DateTimeOffset.UnixEpoch, "hash");

        ShouldBeAsIn("models who", Parsed(new PaymentDecision(
            "a", default, 0.5, 1, "v", default, new ServiceRecord("v", line, line, line, [line], 0.4, line), [new ShadowOpinion("w", 0.5, 1, 0.4, default)])));
    }

    [Fact]
    public void A_report_of_the_gate_has_the_keys_of_its_example()
    {
        var payments = Enumerable.Range(0, 400).Select(row => new GatePayment(row, row, row % 4 == 0, row % 7 / 7.0, row % 7 == 6, row % 5 / 5.0, row % 5 == 4, row)).ToArray();

        var report = PromotionGate.Judge("one", "two", payments, -1, long.MaxValue / 2, new GateRules());

        ShouldBeAsIn("models gate", JsonDocument.Parse(GateJson.Write(report)).RootElement);
    }

    [Fact]
    public void Drift_has_the_keys_of_its_example()
    {
        var finding = new DriftFinding("amt", 0.2, 0.2, 0.1, 0.1, 0, 0.001, true, true, "more");

        ShouldBeAsIn("drift", Parsed(new DriftReport(
            "v", [new DriftWindow(default, default, 1, 1, [finding], new PerformanceEstimate(0.5, 0.1, 0.5, 0.1), new PredictedFrauds(1, 1, 1))], [new DriftAlarm("amt", default, default, default, 0.2, "more")])));
    }

    [Fact]
    public void Keys_are_in_snake_case()
    {
        foreach (var (command, example) in s_examples)
            KeysOf(example).ShouldAllBe(key => SnakeCase().IsMatch(key), command);
    }

    static JsonElement Parsed<T>(T result) => JsonDocument.Parse(JsonOutput.Of(result)).RootElement;

    static async Task ShouldPrintAsync(string example, StreamFolder folder, params string[] arguments)
    {
        await using var command = await folder.RunAsync(arguments);

        (await command.ExitAsync()).ShouldBe(0, $"{example}: {command.Errors}");
        ShouldBeAsIn(example, command.Json());
    }

    static void ShouldBeAsIn(string example, JsonElement printed)
    {
        s_examples.ShouldContainKey(example);
        KeysOf(printed).ShouldBe(KeysOf(s_examples[example]), ignoreOrder: true, $"docs/json.md, {example}");
    }

    /// <summary>Every key with those that it lies in; elements of a list count as one, and of maps by name only some are in the examples.</summary>
    static HashSet<string> KeysOf(JsonElement json, string within = "") => json.ValueKind switch
    {
        JsonValueKind.Object when within is "metrics." or "training.settings." or "contributions." => [],
        JsonValueKind.Object => [.. json.EnumerateObject().SelectMany(member => (IEnumerable<string>)[$"{within}{member.Name}", .. KeysOf(member.Value, $"{within}{member.Name}.")])],
        JsonValueKind.Array => [.. json.EnumerateArray().SelectMany(element => KeysOf(element, within))],
        _ => [],
    };

    [GeneratedRegex("^## `(?<command>[^`]+)`\n(?:(?!^## ).)*?```json\n(?<json>.+?)```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Example();

    [GeneratedRegex("^[a-z0-9_.]+$")]
    private static partial Regex SnakeCase();
}
