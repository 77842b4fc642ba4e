using FraudStreams.Configuration;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.Simulation.Generation;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.Scoring;
using FraudStreams.Tests.Simulation;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.ModelOps;

[Trait("Category", "Unit")]
public sealed class ModelBootstrapTests : IDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly ManualTime _time = new();
    readonly LocalModels _local;

    public ModelBootstrapTests() => _local = new LocalModels(_folder, _time);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_empty_folder_without_an_input_has_the_generators_schema() => Of().Schema().Name.ShouldBe("cards");

    [Theory]
    [InlineData("cards")]
    [InlineData("creditcard")]
    [InlineData("paysim")]
    public void The_header_of_the_input_decides_the_schema(string name)
    {
        var schema = Of($"simulate.input={Input(HeaderOf(name))}").Schema();

        schema.ShouldBe(SchemaFile.Read(name));
    }

    [Fact]
    public void A_header_that_fits_no_schema_is_refused_with_the_nearest_and_a_schema_of_its_own()
    {
        var input = Input("TRANSACTION_ID,TX_DATETIME,TX_AMOUNT,fraud,merchant no\n1,2025-01-01 00:00:00,12.5,0,M 7");

        var refusal = Should.Throw<SettingsException>(() => Of($"simulate.input={input}").Schema());

        refusal.Message.ShouldStartWith($"{input} fits none of the schemas cards, creditcard, handbook, paysim; name one with --schema");
        refusal.Message.ShouldContain("The nearest is handbook: input.csv, line 1: columns CUSTOMER_ID, TERMINAL_ID of schema handbook are missing");
        foreach (var other in (string[])["trans_num", "V1", "nameOrig"])
            refusal.Message.Replace(input, "").ShouldNotContain(other, Case.Sensitive);
        var proposal = refusal.Message[refusal.Message.IndexOf("name = input", StringComparison.Ordinal)..];
        var schema = SchemaFile.Parse(proposal, "the proposal");
        schema.Fields.Select(field => field.Name).ShouldBe(["TRANSACTION_ID", "TX_DATETIME", "TX_AMOUNT", "fraud", "merchant no"]);
        schema.Roles.ShouldBe(new SchemaRoles("TRANSACTION_ID", "TX_DATETIME", "TX_AMOUNT") { Label = "fraud", Merchant = "merchant no" });
    }

    [Theory]
    [InlineData("id,when,how_much\n1,now,lots", "time = when")]
    [InlineData("4000000000150461,2025-01-01,12.5,0", "Does the file begin with a line of column names?")]
    public void A_header_of_no_schema_is_never_taken_for_values(string lines, string answer)
    {
        var refusal = Should.Throw<SettingsException>(() => Of($"simulate.input={Input(lines)}").Schema());

        refusal.Message.ShouldContain(answer);
        refusal.Message.ShouldNotContain("4000000000150461");
    }

    [Fact]
    public void A_named_schema_wins_over_the_header() =>
        Of($"simulate.input={Input(HeaderOf("cards"))}", "schema=paysim").Schema().Name.ShouldBe("paysim");

    [Fact]
    public void A_folder_with_a_model_keeps_its_schema()
    {
        Put(OtherSchema.Model("v1"));

        Of().Schema().ShouldBe(OtherSchema.Schema);
    }

    [Fact]
    public void A_damaged_champion_leaves_the_schema_to_the_last_good_version()
    {
        Put(OtherSchema.Model("v1"));
        Put(OtherSchema.Model("v2"));
        File.Delete(Path.Combine(_local.FolderOf("v2"), "model.json"));

        Of().Schema().ShouldBe(OtherSchema.Schema);
    }

    [Fact]
    public void A_folder_of_another_schema_is_refused_with_both_names()
    {
        TrainedModel.PutInService(_folder);

        var refusal = Should.Throw<SettingsException>(() => Of("schema=paysim").Schema());

        refusal.Message.ShouldBe($"{_folder.Path} belongs to schema cards, and this is paysim: give another folder with --data");
    }

    [Fact]
    public void A_model_of_another_schema_of_the_same_name_is_refused()
    {
        Put(OtherSchema.Model("v1"));

        var refusal = Should.Throw<SettingsException>(() => ModelOf(Of("schema=cards")));

        refusal.Message.ShouldStartWith("model v1 was trained with another schema cards than this one");
        refusal.Message.ShouldContain("fraudstreams train");
    }

    [Fact]
    public void A_damaged_champion_is_replaced_by_the_last_good_version()
    {
        Put(Version("v1"));
        Put(Version("v2"));
        File.WriteAllText(Path.Combine(_local.FolderOf("v2"), "model.json"), "{");

        var model = ModelOf(Of());

        model.Version.ShouldBe("v1");
        _local.ChampionVersion.ShouldBe("v1");
        File.ReadAllText(Path.Combine(_local.Directory, "champion.json")).ShouldContain("v2 could not be loaded");
    }

    [Fact]
    public void Versions_without_a_champion_file_are_named_and_none_is_trained()
    {
        PutWithoutChampion("v1", "v2");

        var refusal = Should.Throw<SettingsException>(() => ModelOf(Of()));

        refusal.Message.ShouldStartWith($"{_local.Directory} has 2 model versions and no champion.json");
        foreach (var named in (string[])["v1 (schema cards", "v2 (schema cards", "--set model.restore-champion=VERSION"])
            refusal.Message.ShouldContain(named);
        _local.ChampionVersion.ShouldBeNull();
    }

    [Theory]
    [InlineData("v1", "v1")]
    [InlineData("newest", "v2")]
    public void A_lost_champion_file_is_restored_as_the_setting_says(string setting, string version)
    {
        PutWithoutChampion("v1", "v2");
        Directory.CreateDirectory(_local.FolderOf("v3-damaged"));

        ModelOf(Of($"model.restore-champion={setting}")).Version.ShouldBe(version);

        _local.ChampionVersion.ShouldBe(version);
    }

    [Fact]
    public void A_version_to_restore_that_is_not_there_is_refused()
    {
        PutWithoutChampion("v1");

        Should.Throw<SettingsException>(() => ModelOf(Of("model.restore-champion=v9"))).Message.ShouldStartWith("model.restore-champion = v9 is none of them");
    }

    [Fact]
    public void Versions_without_a_champion_file_still_say_the_folders_schema()
    {
        PutWithoutChampion("v1");

        Should.Throw<SettingsException>(() => Of("schema=paysim").Schema()).Message.ShouldContain("belongs to schema cards, and this is paysim");
    }

    [Fact]
    public void Without_an_earlier_version_a_damaged_champion_is_an_error()
    {
        Put(Version("v1"));
        File.WriteAllText(Path.Combine(_local.FolderOf("v1"), "model.json"), "{");

        Should.Throw<ModelArtifactException>(() => ModelOf(Of())).Message.ShouldContain(Path.Combine(_local.FolderOf("v1"), "model.json"));
    }

    [Fact]
    public void A_first_model_learns_from_the_labels_of_the_input()
    {
        var input = Path.Combine(_folder, "payments.csv");
        GeneratedCsv.Write(input, new PaymentGenerator(TrainedModel.Generator(seed: 5)), 3_000);

        var model = ModelOf(Of($"simulate.input={input}", "model.trees=20"));

        model.Card.Training.Rows.ShouldBe(3_000);
        model.Card.Training.Settings["history"].ShouldBe("payments.csv");
        _local.ChampionVersion.ShouldBe(model.Version);
    }

    [Fact]
    public void With_too_few_frauds_the_first_model_learns_a_generated_history()
    {
        var input = Input(HeaderOf("cards"));

        var model = ModelOf(Of($"simulate.input={input}", "model.trees=20", "model.first-run.payments=5000", "simulate.fraud-share=0.05"));

        model.Card.Training.Settings["history"].ShouldBe("a generated history of 5,000 payments");
    }

    [Fact]
    public void Without_training_data_the_error_says_how_to_get_a_model()
    {
        var bootstrap = Of($"simulate.input={Input(HeaderOf("paysim"))}");

        var refusal = Should.Throw<SettingsException>(() => ModelOf(bootstrap));

        refusal.Message.ShouldContain("there is no model in");
        refusal.Message.ShouldContain("fraudstreams train --input CSV");
        refusal.Message.ShouldContain("paysim");
    }

    Start Of(params string[] set) => new(SettingsOf.Set([$"data={_folder.Path}", .. set]), _time);

    static ScoringModel ModelOf(Start start) => Histories.Quietly(progress =>
        new ModelBootstrap(start.Settings.DataDirectory, start.Settings.Simulate, start.Settings.Model, start.Time).Model(start.Schema(), progress, default));

    /// <summary>What a run begins with.</summary>
    sealed record Start(FraudSettings Settings, TimeProvider Time)
    {
        public TransactionSchema Schema() => SchemaResolver.Resolve(Settings.Schema, Settings.Simulate.Input, Settings.DataDirectory);
    }

    void Put(ScoringModel model)
    {
        ModelArtifact.Write(Directory.CreateDirectory(_local.Directory).FullName, model);
        _local.Promote(model.Version, "a test's");
    }

    /// <summary>Each later than the one before.</summary>
    void PutWithoutChampion(params string[] versions)
    {
        for (var number = 0; number < versions.Length; number++)
        {
            var model = Version(versions[number]);
            var card = model.Card with { CreatedAt = model.Card.CreatedAt.AddMinutes(number) };
            ModelArtifact.Write(Directory.CreateDirectory(_local.Directory).FullName, new ScoringModel(card, model.Scorer));
        }
    }

    static ScoringModel Version(string version) => new(TrainedModel.Loaded.Card with { Version = version }, TrainedModel.Loaded.Scorer);

    /// <summary>The columns of a file; an id that the schema makes from the row is not among them.</summary>
    static string HeaderOf(string schema) => string.Join(',', SchemaFile.Read(schema).Fields.Select(field => field.Name).Where(name => name != "id"));

    string Input(string header)
    {
        var file = Path.Combine(_folder, "input.csv");
        File.WriteAllText(file, header + "\n");
        return file;
    }
}
