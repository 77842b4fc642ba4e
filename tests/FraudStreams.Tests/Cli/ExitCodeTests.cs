using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Cli;

[Collection(WholeProgramCollection.Third)]
[Trait("Category", "Integration")]
public sealed class ExitCodeTests : IClassFixture<ExitCodeTests.Streamed>, IDisposable
{
    const int Failed = 1;
    const int WrongUse = 2;

    readonly Streamed _streamed;
    readonly TemporaryFolder _folder = new();

    public ExitCodeTests(Streamed streamed)
    {
        _streamed = streamed;
        File.WriteAllText(Path.Combine(_folder, "strange.csv"), "id,when,how_much\n1,now,lots\n");
        File.WriteAllText(Path.Combine(_folder, "broken.conf"), "fraudstreams { batch { size = 9 ");
        File.WriteAllText(Path.Combine(_folder, "strange.conf"), "fraudstreams.batch.sise = 9");
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("run --inputs x.csv", "--inputs")]
    [InlineData("bake", "bake")]
    [InlineData("train", "--input")]
    [InlineData("run --input missing.csv", "missing.csv does not exist: it must be a CSV file with a header")]
    [InlineData("run --config missing.conf", "missing.conf: there is no such file")]
    [InlineData("run --config broken.conf", "broken.conf is not valid HOCON")]
    [InlineData("run --config strange.conf", "strange.conf: fraudstreams.batch.sise is not a setting; is fraudstreams.batch.size meant?")]
    [InlineData("run --set batch.size=0", "fraudstreams.batch.size = 0: it must be a whole number from 1 to 100000")]
    [InlineData("run --set batch.size", "--set batch.size: it must be key=value")]
    [InlineData("run --roles cook", "fraudstreams.roles = cook: it must be a list of some of simulate, score, alert, store")]
    [InlineData("run --until-drained", "--until-drained needs an end to come to")]
    [InlineData("run --schema nothing", "nothing.conf")]
    [InlineData("run --input strange.csv", "strange.csv fits none of the schemas cards, creditcard, handbook, paysim")]
    [InlineData("run --input strange.csv --schema cards", "columns trans_date_trans_time, cc_num")]
    [InlineData("train --input strange.csv --schema cards", "columns trans_date_trans_time, cc_num")]
    [InlineData("status --set topics.kind=paper", "fraudstreams.topics.kind = paper")]
    public Task Wrong_use_or_configuration_ends_with_2_and_says_what_would_be_right(string arguments, string message) =>
        EndsAsync(WrongUse, arguments, message);

    [Theory]
    [InlineData("status", "holds no stream: `fraudstreams run` makes one there")]
    [InlineData("evaluate --input strange.csv", "there is no model in fraudstreams-data: `fraudstreams train --input CSV` makes one")]
    [InlineData("evaluate --input strange.csv --model no-such-folder", "no-such-folder: there is no such folder")]
    public Task A_correct_call_that_cannot_succeed_ends_with_1_and_says_why(string arguments, string message) =>
        EndsAsync(Failed, arguments, message);

    [Fact]
    public async Task Another_schema_than_the_folders_ends_with_2_and_names_both()
    {
        using var folder = new StreamFolder(payments: 1);

        await using var run = await folder.RunAsync("run", "--schema", "paysim");

        (await run.ExitAsync()).ShouldBe(WrongUse);
        run.Errors.ShouldContain("belongs to schema cards, and this is paysim");
    }

    [Theory]
    [InlineData("simulate --schema paysim", "belongs to schema cards, and this is paysim")]
    [InlineData("export --validated x.csv --schema paysim", "belongs to schema cards, and this is paysim")]
    [InlineData("evaluate --input payments.csv --schema paysim", "is of schema cards, and this is paysim")]
    [InlineData("evaluate --input paysim.csv", "paysim.csv is of paysim")]
    [InlineData("replay --into x.ndjson --schema paysim", "is of schema cards, and this is paysim")]
    [InlineData("features verify --schema paysim", "belongs to schema cards, and this is paysim")]
    [InlineData("run --schema paysim --data topics-alone", "hold payments of schema cards, and this is paysim")]
    [InlineData("simulate --schema paysim --data topics-alone", "hold payments of schema cards, and this is paysim")]
    [InlineData("run --data model-lost", "has 1 model version and no champion.json")]
    [InlineData("run --set speeds.speed_3=0", "write pause to stop the stage")]
    public async Task What_belongs_to_another_schema_or_model_is_refused_at_the_start(string arguments, string message)
    {
        var folder = _streamed.Folder;

        await using var refused = await folder.RunAsync(arguments.Split(' '));

        (await refused.ExitAsync()).ShouldBe(WrongUse);
        refused.Errors.ShouldContain(message);
        refused.Errors.ShouldNotContain("   at ");
        Directory.Exists(folder.File("topics-alone/models")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_webhook_secret_that_is_no_base64_ends_with_2_and_names_its_variable()
    {
        await using var run = FraudStreamsProcess.Start(
            _folder, ["run", "--set", "alerts.webhook.url=http://127.0.0.1:9/hook"], ("FRAUDSTREAMS_WEBHOOK_SECRET", "whsec_no base64"));

        (await run.ExitAsync()).ShouldBe(WrongUse);
        run.Errors.ShouldContain("the environment variable FRAUDSTREAMS_WEBHOOK_SECRET must be whsec_ followed by the key in Base64");
        run.Errors.ShouldNotContain("no base64");
    }

    [Fact]
    public async Task A_store_of_another_schema_ends_with_1_and_says_what_is_different()
    {
        using var folder = new StreamFolder(payments: 1);
        await using (Storage.Predictions.Open(folder.Data))
        {
        }

        await using var run = await folder.RunAsync("run", "--input", folder.Input, "--until-drained");

        (await run.ExitAsync()).ShouldBe(Failed);
        run.Errors.ShouldContain("fraudstreams.db holds the payments of another schema than cards");
        run.Errors.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task A_damaged_champion_file_ends_with_1_and_names_it()
    {
        using var folder = new StreamFolder(payments: 1);
        File.WriteAllText(Path.Combine(folder.Data, "models", "champion.json"), "{");

        await using var run = await folder.RunAsync("run", "--input", folder.Input, "--until-drained");

        (await run.ExitAsync()).ShouldBe(Failed);
        run.Errors.ShouldContain("champion.json is damaged");
        run.Errors.ShouldNotContain("   at ");
    }

    /// <summary>A folder after a run, and what is wrong beside it. Commands that are refused leave it as it is.</summary>
    public sealed class Streamed : IAsyncLifetime
    {
        internal StreamFolder Folder { get; } = new(payments: 300);

        public async Task InitializeAsync()
        {
            await Folder.ShouldDoAsync("run", "--input", Folder.Input, "--until-drained");
            File.WriteAllText(Folder.File("paysim.csv"), string.Join(',', FraudStreams.Configuration.SchemaFile.Read("paysim").Fields.Select(field => field.Name).Where(name => name != "id")) + "\n");
            Directory.CreateDirectory(Folder.File("topics-alone"));
            File.Copy(Path.Combine(Folder.Data, "topics.db"), Folder.File("topics-alone/topics.db"));
            Directory.CreateDirectory(Folder.File("model-lost"));
            Directory.Move(Path.Combine(Folder.Data, "models"), Folder.File("model-lost/models"));
            TrainedModel.PutInService(Folder.Data);
            File.Delete(Folder.File("model-lost/models/champion.json"));
        }

        public Task DisposeAsync()
        {
            Folder.Dispose();
            return Task.CompletedTask;
        }
    }

    async Task EndsAsync(int exitCode, string arguments, string message)
    {
        await using var process = await FraudStreamsProcess.RunAsync(_folder, arguments.Split(' '));

        (await process.ExitAsync()).ShouldBe(exitCode, process.Errors);
        process.Errors.ShouldContain(message, Case.Sensitive);
        process.Errors.Split('\n').ShouldContain(line => line.StartsWith("fraudstreams: ", StringComparison.Ordinal));
        process.Errors.ShouldNotContain("   at ");
        process.Output.ShouldBeEmpty();
    }
}
