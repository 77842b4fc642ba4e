using FraudStreams.Configuration;
using FraudStreams.Messaging;
using FraudStreams.RateLimiting;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Configuration;

[Trait("Category", "Unit")]
public sealed class FraudSettingsTests
{
    static FraudSettings Load(params string[] set) => FraudSettings.From(Layers(set).Load());

    static ConfigLayers Layers(string[] set, string? implied = null, Dictionary<string, string>? environment = null, string? directory = null) =>
        new(null, set, implied, environment ?? [], directory ?? Path.GetTempPath());

    [Theory]
    [InlineData("1500ms", 1.5)]
    [InlineData("90s", 90)]
    [InlineData("2 m", 120)]
    [InlineData("1h", 3600)]
    [InlineData("2 minutes", 120)]
    [InlineData("1.5s", 1.5)]
    [InlineData("1000000ms", 1000)]
    public void Durations_are_read_with_every_unit(string text, double seconds) =>
        SettingsOf.Set($"restart.max-backoff={text}").Restart.Max.TotalSeconds.ShouldBe(seconds);

    [Fact]
    public void The_defaults_inside_the_program_are_complete()
    {
        var settings = Load();

        settings.Roles.ShouldBe([Role.Rekey, Role.Simulate, Role.Score, Role.Alert, Role.Store, Role.Label, Role.Train, Role.Api], ignoreOrder: true);
        settings.Speeds.Speed1.ShouldBe(Rate.Of(200));
        settings.Speeds.Speed2.ShouldBe(Rate.Unlimited);
        settings.Batch.ShouldBe(new BatchSettings(500, TimeSpan.FromMilliseconds(100)));
    }

    [Theory]
    [InlineData("batch.size=0", "fraudstreams.batch.size = 0: it must be a whole number from 1 to 100000")]
    [InlineData("batch.size=many", "fraudstreams.batch.size = many: it must be a whole number")]
    [InlineData("batch.wait=soon", "fraudstreams.batch.wait = soon: it must be a duration")]
    [InlineData("speeds.speed_1=fast", "fraudstreams.speeds.speed_1 = fast: it must be a number above 0 with /s, /m or /h")]
    [InlineData("speeds.speed_2=0/s", "fraudstreams.speeds.speed_2 = 0/s")]
    [InlineData("roles=[score, bake]", "fraudstreams.roles = bake: it must be a list of some of simulate, score, alert, store")]
    [InlineData("topics.kind=paper", "fraudstreams.topics.kind = paper: it must be one of embedded, kafka")]
    [InlineData("simulate.fraud-share=150%", "fraudstreams.simulate.fraud-share = 150%")]
    [InlineData("model.learning-rate=2", "fraudstreams.model.learning-rate = 2")]
    [InlineData("topics.read-bytes=lots", "fraudstreams.topics.read-bytes = lots: it must be a size")]
    [InlineData("store.postgresql.schema=ääääääääääääääääääääääääääääääää", "it must be a name of 1 to 63 bytes, without quotes")]
    [InlineData("store.postgresql.connection-string=Host=db;Max Auto Prepare=20", "fraudstreams.store.postgresql.connection-string sets Max Auto Prepare: leave it out")]
    [InlineData("data=", "fraudstreams.data = (empty): it must be a folder")]
    public void A_senseless_value_is_refused_with_its_path_and_what_would_be_right(string assignment, string expected)
    {
        var refusal = Should.Throw<SettingsException>(() => Load(assignment));

        refusal.Message.ShouldContain(expected);
    }

    [Fact]
    public void Keys_of_earlier_releases_are_refused_and_the_new_ones_named()
    {
        var refusal = Should.Throw<SettingsException>(() => Load("akka.kafka.consumer.kafka-clients.session.timeout.ms=6000"));

        refusal.Message.ShouldBe("--set: akka.kafka is read no more: settings of Kafka's clients stand in fraudstreams.topics.kafka.consumer.client and .producer.client");
    }

    [Fact]
    public void An_unknown_key_is_refused_and_the_nearest_one_is_named()
    {
        var refusal = Should.Throw<SettingsException>(() => Load("speeds.sped_1=5/s"));

        refusal.Message.ShouldBe("--set: fraudstreams.speeds.sped_1 is not a setting; is fraudstreams.speeds.speed_1 meant?");
    }

    [Fact]
    public void Set_wins_over_the_environment_and_that_over_what_the_command_implies()
    {
        var environment = new Dictionary<string, string> { ["FRAUDSTREAMS__SPEEDS__SPEED_1"] = "7/s", ["FRAUDSTREAMS__BATCH__SIZE"] = "70" };

        var settings = FraudSettings.From(Layers(["batch.size=80"], "fraudstreams.speeds.speed_1 = unlimited", environment).Load());

        settings.Speeds.Speed1.ShouldBe(Rate.Of(7));
        settings.Batch.Size.ShouldBe(80);
    }

    [Fact]
    public void An_environment_variable_that_names_no_setting_is_refused()
    {
        var environment = new Dictionary<string, string> { ["FRAUDSTREAMS__BATCH__SIZ"] = "70" };

        var refusal = Should.Throw<SettingsException>(() => Layers([], environment: environment));

        refusal.Message.ShouldContain("FRAUDSTREAMS__BATCH__SIZ");
    }

    [Fact]
    public void A_file_in_the_current_directory_is_laid_over_the_defaults_and_read_again_on_load()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(folder.Path, "hocon")).FullName, "fraudstreams.conf");
        File.WriteAllText(file, "fraudstreams.batch { size = 9 }");
        var layers = Layers([], directory: folder.Path);
        FraudSettings.From(layers.Load()).Batch.Size.ShouldBe(9);

        File.WriteAllText(file, "fraudstreams.batch { size = 10 }");

        FraudSettings.From(layers.Load()).Batch.Size.ShouldBe(10);
    }

    [Theory]
    [InlineData("fraudstreams { batch { size = 9 ", "the '{' of line 1 is never closed")]
    [InlineData("fraudstreams {\n batch { size = 9 }\n", "the '{' of line 1 is never closed")]
    [InlineData("fraudstreams {\n alerts.mail.to = [a@example.org]\n}", "the '@' in the list of line 2 needs quotes")]
    [InlineData("fraudstreams { roles = [ score, al$ert ] }", "the '$' in the list of line 1 needs quotes")]
    [InlineData("fraudstreams.batch.size = 9 }", "the '}' of line 1 closes nothing")]
    [InlineData("# }\nfraudstreams { roles = [score }", "the '[' of line 2 is closed by the '}' of line 2")]
    [InlineData("fraudstreams {\n schema = \"cards\n}", "the quote of line 2 is never closed")]
    [InlineData("fraudstreams.schema = ${nothing}", "nothing")]
    public void A_file_that_is_not_HOCON_is_refused_by_name(string text, string fault)
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "broken.conf");
        File.WriteAllText(file, text);

        var refusal = Should.Throw<SettingsException>(() => new ConfigLayers(file, environment: new Dictionary<string, string>()).Load());

        refusal.Message.ShouldContain(file);
        refusal.Message.ShouldContain(fault);
    }

    [Fact]
    public void Braces_in_comments_and_quotes_are_not_braces()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "fine.conf");
        File.WriteAllText(file, "# { a comment\n// and [ one more\nfraudstreams { schema = \"a\\\"}b.conf\", data = \"\"\"x{y\"\"\" }");

        var settings = FraudSettings.From(new ConfigLayers(file, environment: new Dictionary<string, string>(), directory: folder.Path).Load());

        settings.Schema.ShouldBe("a\"}b.conf");
        settings.DataDirectory.ShouldBe("x{y");
    }
}
