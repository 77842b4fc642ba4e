using System.Collections.Immutable;
using FraudStreams.Model.Features;
using FraudStreams.Model.Json;
using FraudStreams.Model.Models;
using FraudStreams.Model.Models.External;
using FraudStreams.Model.Models.Linear;
using FraudStreams.Model.Models.Trees;
using FraudStreams.Model.Schemas;
using FraudStreams.Model.Tests.Models.Trees;
using FraudStreams.Model.Tests.Schemas;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Models;

public sealed class ModelArtifactTests : IDisposable
{
    readonly DirectoryInfo _parent = Directory.CreateTempSubdirectory("models");
    readonly TransactionRows _rows = new(TestSchemas.Small);

    public ModelArtifactTests()
    {
        var reader = new TransactionReader(TestSchemas.Small);
        for (var i = 0; i < 400; i++)
        {
            reader.Read(
                TestSchemas.Good.Replace("115.32", $"{i % 97}").Replace("grocery_pos", i % 3 == 0 ? "food" : "fuel").Utf8(), _rows).ShouldBeNull();
        }
    }

    public void Dispose()
    {
        _rows.Dispose();
        _parent.Delete(recursive: true);
    }

    [Fact]
    public void A_loaded_version_equals_the_written_one_and_scores_the_same_bits()
    {
        var model = Train("2026-11-21.1");

        var folder = ModelArtifact.Write(_parent.FullName, model);
        var back = ModelArtifact.Load(folder);

        folder.ShouldBe(Path.Combine(_parent.FullName, "2026-11-21.1"));
        back.Version.ShouldBe("2026-11-21.1");
        back.Threshold.ShouldBe(0.5);
        back.Schema.ShouldBe(TestSchemas.Small);
        back.Card.Parent.ShouldBe("2026-11-20.1");
        back.Card.CreatedAt.ShouldBe(model.Card.CreatedAt);
        back.Card.Threshold.ShouldBe(model.Card.Threshold);
        back.Card.Metrics.ShouldBe(model.Card.Metrics);
        back.Card.Training.Settings.ShouldBe(model.Card.Training.Settings);
        (back.Card.Training with { Settings = model.Card.Training.Settings }).ShouldBe(model.Card.Training);
        Score(back).Select(BitConverter.DoubleToInt64Bits).ShouldBe(Score(model).Select(BitConverter.DoubleToInt64Bits));
        Score(back).Distinct().Count().ShouldBeGreaterThan(1);
        Directory.GetFileSystemEntries(_parent.FullName).Length.ShouldBe(1);
    }

    [Fact]
    public void A_card_is_read_without_its_model()
    {
        var folder = ModelArtifact.Write(_parent.FullName, Train("v1"));
        File.Delete(Path.Combine(folder, "model.json"));

        ModelArtifact.LoadCard(folder).Version.ShouldBe("v1");
        File.AppendAllText(Path.Combine(folder, "card.json"), " ");
        Should.Throw<ModelArtifactException>(() => ModelArtifact.LoadCard(folder)).Message.ShouldContain("card.json: is truncated or altered");
    }

    [Fact]
    public void A_linear_model_is_saved_and_loaded_like_trees()
    {
        var card = Train("v1").Card;
        var (values, labels) = Matrix(card.Features);
        var model = new ScoringModel(card, Made.Linear(new TrainingSet(card.Features.Columns, values, labels)));

        var back = ModelArtifact.Load(ModelArtifact.Write(_parent.FullName, model));

        back.Scorer.ShouldBeOfType<LogisticRegression>();
        Score(back).Select(BitConverter.DoubleToInt64Bits).ShouldBe(Score(model).Select(BitConverter.DoubleToInt64Bits));
    }

    [Fact]
    public void A_version_scores_its_stored_rows_with_the_same_bits_whenever_it_is_loaded()
    {
        var model = Train("v1");
        var (values, _) = Matrix(model.Features);
        var selfTest = SelfTest.Of(model.Scorer, values);

        var folder = ModelArtifact.Write(_parent.FullName, model, selfTest);

        selfTest.Rows.ShouldBe(SelfTest.MaxRows);
        ModelArtifact.Load(folder).Version.ShouldBe("v1");
        File.ReadAllText(Path.Combine(folder, "SHA256SUMS")).ShouldContain("  self-test.json\n");
    }

    [Fact]
    public void A_version_that_gives_a_stored_row_another_score_by_one_bit_does_not_load()
    {
        var model = Train("v1");
        var (values, _) = Matrix(model.Features);
        var other = new OneBitOff(model.Scorer);

        var folder = ModelArtifact.Write(_parent.FullName, model, SelfTest.Of(other, values));

        Should.Throw<ModelArtifactException>(() => ModelArtifact.Load(folder)).Message.ShouldContain("fails its self-test: row 64 of 64");
    }

    [Fact]
    public void A_version_whose_runtime_fails_at_a_stored_row_does_not_load()
    {
        var model = Train("v1");
        var (values, _) = Matrix(model.Features);
        var file = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Models", "External", "Stored", "logits.onnx"));
        var logits = new ExternalModel(
            ExternalKind.Onnx, file, model.Features.Columns, [new("x", [new(0, [], null), new(1, [], null), new(2, [], null)])], new ModelOutput("logit", null, false)).ToScorer();

        var folder = ModelArtifact.Write(_parent.FullName, new ScoringModel(model.Card, logits), SelfTest.Of(model.Scorer, values));

        Should.Throw<ModelArtifactException>(() => ModelArtifact.Load(folder)).Message.ShouldContain("self-test.json: the model does not score its rows: The model gives ");
    }

    [Fact]
    public void A_self_test_that_is_missing_or_changed_is_found_out()
    {
        var model = Train("v1");
        var (values, _) = Matrix(model.Features);
        var path = Path.Combine(ModelArtifact.Write(_parent.FullName, model, SelfTest.Of(model.Scorer, values)), "self-test.json");

        File.AppendAllText(path, " ");
        Should.Throw<ModelArtifactException>(() => ModelArtifact.Load(Path.GetDirectoryName(path)!)).Message.ShouldContain("truncated or altered");
        File.Delete(path);
        Should.Throw<ModelArtifactException>(() => ModelArtifact.Load(Path.GetDirectoryName(path)!)).Message.ShouldContain("cannot be read");
    }

    /// <summary>The last row of a batch has another last bit.</summary>
    sealed class OneBitOff(IScorer scorer) : IScorer
    {
        public int FeatureCount => scorer.FeatureCount;

        public void Score(ReadOnlySpan<double> features, Span<double> scores)
        {
            scorer.Score(features, scores);
            scores[^1] = Math.BitIncrement(scores[^1]);
        }
    }

    [Fact]
    public void What_is_usual_is_kept_on_the_card_and_may_be_absent()
    {
        var model = Train("v1");
        var usual = ImmutableSortedDictionary<string, UsualValue>.Empty
            .Add("amount", new UsualValue(0.1 + 0.2, 4, 1e300, [])).Add("kind", new UsualValue(double.NaN, double.NaN, double.NaN, ["food", "fuel"]));
        var folder = ModelArtifact.Write(_parent.FullName, new ScoringModel(model.Card with { Usual = usual }, model.Scorer));

        ModelArtifact.Load(folder).Card.Usual.ShouldBe(usual);

        var card = Path.Combine(folder, "card.json");
        var json = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(card))!.AsObject();
        json.Remove("usual").ShouldBeTrue();
        File.WriteAllText(card, json.ToJsonString());
        Resum(folder);
        ModelArtifact.Load(folder).Card.Usual.ShouldBeEmpty();
    }

    [Fact]
    public void An_unfinished_version_is_replaced_and_a_finished_one_never()
    {
        var left = _parent.CreateSubdirectory(".v1.unfinished");
        File.WriteAllText(Path.Combine(left.FullName, "model.json"), "half a mod");

        ModelArtifact.Load(ModelArtifact.Write(_parent.FullName, Train("v1"))).Version.ShouldBe("v1");

        left.Refresh();
        left.Exists.ShouldBeFalse();
        Should.Throw<ModelArtifactException>(() => ModelArtifact.Write(_parent.FullName, Train("v1"))).Message.ShouldContain("a version is never overwritten");
    }

    [Theory]
    [InlineData("model.json")]
    [InlineData("card.json")]
    [InlineData("SHA256SUMS")]
    public void A_truncated_altered_or_missing_file_is_refused_by_name(string file)
    {
        var path = Path.Combine(ModelArtifact.Write(_parent.FullName, Train("v1")), file);
        var bytes = File.ReadAllBytes(path);
        var altered = bytes.ToArray();
        altered[bytes.Length / 3] ^= 1;

        File.WriteAllBytes(path, bytes[..^40]);
        Should.Throw<ModelArtifactException>(() => Load("v1")).Message.ShouldContain("truncated or altered");
        File.WriteAllBytes(path, altered);
        Should.Throw<ModelArtifactException>(() => Load("v1")).Message.ShouldContain("truncated or altered");
        File.Delete(path);
        Should.Throw<ModelArtifactException>(() => Load("v1")).Message.ShouldContain($"{path}: cannot be read");
        File.WriteAllBytes(path, bytes);
        Load("v1").Version.ShouldBe("v1");
    }

    [Fact]
    public void Mixed_files_of_two_versions_are_refused()
    {
        var first = ModelArtifact.Write(_parent.FullName, Train("v1"));
        var second = ModelArtifact.Write(_parent.FullName, Train("v2"));
        foreach (var file in new[] { "card.json", "SHA256SUMS" })
            File.Copy(Path.Combine(second, file), Path.Combine(first, file), overwrite: true);

        Should.Throw<ModelArtifactException>(() => Load("v1")).Message.ShouldContain("is the card of version v2; its folder is v1");
    }

    [Theory]
    [InlineData("\"format\": 1", "\"format\": 2", "card.json: has format 2; this program reads format 1")]
    [InlineData("\"schema_id\": \"", "\"schema_id\": \"0", "and holds schema")]
    [InlineData("\"kind\": \"trees\"", "\"kind\": \"forest\"", "model.json: it is of kind forest, which this program does not know")]
    [InlineData("\"features\": 8", "\"features\": 9", "model.json: it takes 8 features and its card says 9")]
    [InlineData("\"score\": 0.5", "\"score\": 1.5", "card.json: the threshold is 1.5; it lies in 0 to 1")]
    [InlineData("\"version\": \"v1\"", "\"version\": \"../v1\"", "cannot be a version's name")]
    [InlineData("\"rows\": 400", "\"rows\": \"many\"", "card.json: is not a model card")]
    [InlineData("\"log1p\": \"amount\"", "\"log1p\": \"amt\"", "card.json: features.log_amount: there is no field amt")]
    public void A_card_that_contradicts_its_model_is_refused(string written, string changed, string message)
    {
        var folder = ModelArtifact.Write(_parent.FullName, Train("v1"));
        var card = File.ReadAllText(Path.Combine(folder, "card.json"));
        card.ShouldContain(written);
        File.WriteAllText(Path.Combine(folder, "card.json"), card.Replace(written, changed));
        Resum(folder);

        Should.Throw<ModelArtifactException>(() => ModelArtifact.Load(folder)).Message.ShouldContain(message);
    }

    [Fact]
    public void A_model_trained_on_other_features_is_refused()
    {
        var folder = ModelArtifact.Write(_parent.FullName, Train("v1"));
        var path = Path.Combine(folder, "model.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"log_amount\"", "\"log_of_it\""));
        Resum(folder);
        var card = Path.Combine(folder, "card.json");
        var (was, now) = (System.Text.RegularExpressions.Regex.Match(File.ReadAllText(card), "\"sha256\": \"(.*)\"").Groups[1].Value, Hash(path));
        File.WriteAllText(card, File.ReadAllText(card).Replace(was, now));
        Resum(folder);

        Should.Throw<ModelArtifactException>(() => ModelArtifact.Load(folder)).Message
            .ShouldContain("model.json: its feature 2 is log_of_it (Number); the plan on its card computes log_amount (Number)");
    }

    [Fact]
    public void A_missing_folder_is_refused() =>
        Should.Throw<ModelArtifactException>(() => Load("nobody")).Message.ShouldContain("there is no such folder");

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("é")]
    public void An_invalid_version_name_is_refused(string version) =>
        Should.Throw<ModelArtifactException>(() => ModelArtifact.Write(_parent.FullName, Train(version))).Message.ShouldContain("cannot be a version's name");

    [Fact]
    public void Scoring_a_batch_allocates_nothing()
    {
        var model = Train("v1");
        var scores = new double[_rows.Count];

        Allocations.Of(() => model.Score(_rows, scores)).ShouldBe(0);
    }

    ScoringModel Load(string version) => ModelArtifact.Load(Path.Combine(_parent.FullName, version));

    double[] Score(ScoringModel model)
    {
        var scores = new double[_rows.Count];
        model.Score(_rows, scores);
        return scores;
    }

    ScoringModel Train(string version)
    {
        var plan = FeaturePlan.Fit(TestSchemas.Small, [_rows]);
        var (values, labels) = Matrix(plan);
        var trees = GradientBoosting.Train(
            new TrainingSet(plan.Columns, values, labels), null, new BoostingSettings { Trees = 5, MaxDepth = 3, EarlyStoppingRounds = 0 });
        var at = new DateTimeOffset(2026, 11, 21, 1, 2, 3, TimeSpan.Zero);
        var card = new ModelCard(
            version,
            at,
            plan,
            new ModelThreshold(0.5, "precision 0.8"),
            new TrainingFacts(at.AddDays(-30), at.AddDays(-1), _rows.Count, labels.Count(l => l == 1), 7)
            {
                Settings = ImmutableSortedDictionary<string, string>.Empty.Add("trees", "5"),
            })
        {
            Parent = "2026-11-20.1",
            Metrics = ImmutableSortedDictionary<string, double>.Empty.Add("average_precision", 0.1 + 0.2),
        };
        return new ScoringModel(card, trees);
    }

    (double[] Values, byte[] Labels) Matrix(FeaturePlan plan)
    {
        var values = new double[_rows.Count * plan.Count];
        plan.Compute(_rows, values);
        return (values, [.. Enumerable.Range(0, _rows.Count).Select(row => (byte)(_rows.Amount(row) > 60 ? 1 : 0))]);
    }

    static string Hash(string path) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)));

    static void Resum(string folder) => File.WriteAllText(
        Path.Combine(folder, "SHA256SUMS"),
        string.Concat(new[] { "model.json", "card.json" }.Select(file => $"{Hash(Path.Combine(folder, file))}  {file}\n")));
}
