using System.Globalization;
using System.Text;
using System.Text.Json;
using FraudStreams.Model.Explanation;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models;
using FraudStreams.Model.Models.Import;
using FraudStreams.Model.Models.Trees;
using FraudStreams.Model.Schemas;
using FraudStreams.Model.Tests.Models.Trees;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Models.Import;

/// <summary>Models that XGBoost and LightGBM stored, beside the scores that they give themselves (make_models.py).</summary>
public sealed class ForeignModelTests
{
    static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "Models", "Import", "Stored");
    static readonly string[][] s_rows = [.. File.ReadLines(Path.Combine(s_folder, "scores.csv")).Skip(1).Select(line => line.Split(','))];
    static readonly double[] s_values =
        [.. s_rows.SelectMany(row => row[..5]).Select(text => text.Length == 0 ? double.NaN : double.Parse(text, CultureInfo.InvariantCulture))];

    static readonly FeaturePlan s_plan = Plan();

    [Theory]
    [InlineData("xgboost.json", 5)]
    [InlineData("xgboost.ubj", 5)]
    [InlineData("lightgbm.txt", 7)]
    [InlineData("lightgbm-none-missing.txt", 9)]
    public void Scores_have_the_bits_that_the_library_gives(string file, int column)
    {
        var model = ForeignModel.Read(File.ReadAllBytes(Path.Combine(s_folder, file)));
        var ours = TreeEnsemble.Load(Made.Saved(model.ToEnsemble(s_plan, [0, 1, 2, 3, 4])));
        var (margins, scores) = (new double[s_rows.Length], new double[s_rows.Length]);

        ours.WalkMargins(s_values, margins);
        ours.Score(s_values, scores);

        ours.HasBlocks.ShouldBeTrue();
        for (var row = 0; row < s_rows.Length; row++)
        {
            margins[row].ShouldBe(Parse(s_rows[row][column], ours.SinglePrecision), $"margin of row {row}");
            scores[row].ShouldBe(Parse(s_rows[row][column + 1], ours.SinglePrecision), $"score of row {row}");
            ours.Score(s_values.AsSpan(row * 5, 5)).ShouldBe(scores[row], $"row {row} alone");
            model.Score(s_values.AsSpan(row * 5, 5)).ShouldBe(scores[row], $"row {row} by the library's rules");
        }
    }

    [Theory]
    [InlineData("xgboost.json")]
    [InlineData("lightgbm.txt")]
    public void Reasons_add_up_to_the_score(string file)
    {
        var model = ForeignModel.Read(File.ReadAllBytes(Path.Combine(s_folder, file))).ToEnsemble(s_plan, [0, 1, 2, 3, 4]);
        Explainer.TryCreate(model, out var explainer, out var why).ShouldBeTrue(why);
        var (contributions, margins) = (new double[s_values.Length], new double[s_rows.Length]);

        explainer!.Explain(s_values, contributions);
        model.WalkMargins(s_values, margins);

        for (var row = 0; row < s_rows.Length; row++)
            (explainer.BaseValue + contributions.AsSpan(row * 5, 5).ToArray().Sum()).ShouldBe(margins[row], 1e-5, $"row {row}");
    }

    [Fact]
    public void Features_may_stand_in_another_order_in_the_schema()
    {
        var model = ForeignModel.Read(File.ReadAllBytes(Path.Combine(s_folder, "xgboost.json")));
        var turned = FeaturePlanJson.FromJson(
            JsonDocument.Parse("""{"categories":{"d":["0","1","2","3","4"],"c":["0","1","2","3","4","5","6","7","8","9","10","11"]}}""").RootElement,
            Schema("e", "d", "c", "b", "a"));

        var ours = model.ToEnsemble(turned, [4, 3, 2, 1, 0]);

        for (var row = 0; row < s_rows.Length; row++)
        {
            double[] values = [.. s_values.AsSpan(row * 5, 5).ToArray().Reverse()];
            ours.Score(values).ShouldBe(float.Parse(s_rows[row][6], CultureInfo.InvariantCulture));
        }
    }

    [Theory]
    [InlineData("5E-1")]
    [InlineData("[5E-1]")]
    public void XGBoost_base_score_is_read_in_both_forms(string written)
    {
        var text = File.ReadAllText(Path.Combine(s_folder, "xgboost.json")).Replace("\"2.1E-1\"", $"\"{written}\"", StringComparison.Ordinal);

        ForeignModel.Read(Encoding.UTF8.GetBytes(text)).ToEnsemble(s_plan, [0, 1, 2, 3, 4]).BaseMargin.ShouldBe(0);
    }

    [Theory]
    [InlineData("xgboost.json", "\"binary:logistic\"", "\"multi:softprob\"", "its objective is multi:softprob; binary:logistic can be scored here")]
    [InlineData("xgboost.json", "\"gbtree\"}", "\"dart\"}", "its booster is dart")]
    [InlineData("xgboost.json", "\"2.1E-1\"", "\"[2E-1,3E-1]\"", "its base_score is [2E-1,3E-1]")]
    [InlineData("xgboost.json", "\"left_children\":[1", "\"left_children\":[0", "its tree 0 has no node 0, or it is a child twice")]
    [InlineData("xgboost.json", "\"split_indices\":[0", "\"split_indices\":[7", "its tree 0 tests feature 7 at node 0; there are 5")]
    [InlineData("xgboost.json", "\"learner\":", "\"learned\":", "no JSON of an XGBoost model")]
    [InlineData("lightgbm.txt", "objective=binary sigmoid:1", "objective=binary sigmoid:2", "\"binary sigmoid:1\" can be scored here")]
    [InlineData("lightgbm.txt", "num_class=1", "num_class=3", "several classes")]
    [InlineData("lightgbm.txt", "label_index=0", "average_output", "random forest")]
    [InlineData("lightgbm.txt", "end of trees", "end", "the file is truncated")]
    [InlineData("lightgbm.txt", "is_linear=0", "is_linear=1", "linear_tree")]
    [InlineData("lightgbm.txt", "num_leaves=12", "num_leaves=13", "its tree 0 has 12 numbers as leaf_value; there must be 13")]
    [InlineData("lightgbm.txt", "left_child=1 ", "left_child=0 ", "its tree 0: split 0 has a child 0")]
    [InlineData("lightgbm.txt", "tree\n", "forest\n", "no model of XGBoost")]
    public void Models_that_cannot_be_scored_are_refused_with_the_reason(string file, string found, string put, string reason)
    {
        var text = File.ReadAllText(Path.Combine(s_folder, file));
        text.ShouldContain(found);
        var at = text.IndexOf(found, StringComparison.Ordinal);

        var error = Should.Throw<ModelFormatException>(() => ForeignModel.Read(Encoding.UTF8.GetBytes(text[..at] + put + text[(at + found.Length)..])));

        error.Message.ShouldContain(reason);
    }

    [Fact]
    public void Zero_as_a_missing_value_is_refused()
    {
        var error = Should.Throw<ModelFormatException>(() => ForeignModel.Read(File.ReadAllBytes(Path.Combine(s_folder, "lightgbm-zero-missing.txt"))));

        error.Message.ShouldContain("zero_as_missing");
    }

    [Fact]
    public void A_threshold_of_infinity_parts_missing_values_from_all_others()
    {
        var text = File.ReadAllText(Path.Combine(s_folder, "lightgbm.txt"));
        const string threshold = " -1.0000000180025095e-35 ";
        var at = text.IndexOf(threshold, StringComparison.Ordinal);
        var model = ForeignModel.Read(Encoding.UTF8.GetBytes(text[..at] + " inf " + text[(at + threshold.Length)..]));

        var ours = TreeEnsemble.Load(Made.Saved(model.ToEnsemble(s_plan, [0, 1, 2, 3, 4])));

        ours.AllTrees[0].Nodes.ShouldContain(node => node.Number == double.MaxValue);
        // Throws where a score differs.
        _ = model.Check(ours, [0, 1, 2, 3, 4]);
    }

    [Fact]
    public void A_truncated_binary_file_is_refused()
    {
        var file = File.ReadAllBytes(Path.Combine(s_folder, "xgboost.ubj"));

        for (var length = 0; length < file.Length; length += 7)
            Should.Throw<ModelFormatException>(() => ForeignModel.Read(file.AsMemory(0, length)));
    }

    [Fact]
    public void A_category_that_the_plan_lacks_is_refused()
    {
        var model = ForeignModel.Read(File.ReadAllBytes(Path.Combine(s_folder, "xgboost.json")));
        var plan = FeaturePlanJson.FromJson(JsonDocument.Parse("""{"categories":{"c":["0","1"],"d":["0","1","2","3","4"]}}""").RootElement, Schema("a", "b", "c", "d", "e"));

        Should.Throw<ModelFormatException>(() => model.ToEnsemble(plan, [0, 1, 2, 3, 4])).Message.ShouldContain("its feature 3 (c) has a category 11, and c has 2 values");
        Should.Throw<ModelFormatException>(() => model.ToEnsemble(s_plan, [0, 1, 4, 3, 4])).Message.ShouldContain("its feature 3 (c) is a category, and e is a number");
        Should.Throw<ModelFormatException>(() => model.ToEnsemble(s_plan, [0, 1, -1, 3, 4])).Message.ShouldContain("its feature 3 (c) is tested by its trees");
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1f)]
    [InlineData(30.042276f)]
    [InlineData(-7.25f)]
    [InlineData(float.Epsilon)]
    [InlineData(float.MinValue)]
    [InlineData(float.MaxValue)]
    [InlineData(float.PositiveInfinity)]
    public void A_threshold_in_single_precision_has_an_exact_one_in_double(float threshold)
    {
        var atMost = ForeignModel.LargestBelow(threshold);

        ((float)atMost < threshold).ShouldBeTrue();
        ((float)Math.BitIncrement(atMost) < threshold).ShouldBeFalse();
    }

    static double Parse(string text, bool single) => single ? float.Parse(text, CultureInfo.InvariantCulture) : double.Parse(text, CultureInfo.InvariantCulture);

    static FeaturePlan Plan() => FeaturePlanJson.FromJson(
        JsonDocument.Parse("""{"categories":{"c":["0","1","2","3","4","5","6","7","8","9","10","11"],"d":["0","1","2","3","4"]}}""").RootElement, Schema("a", "b", "c", "d", "e"));

    static TransactionSchema Schema(params string[] features) => TransactionSchema.Create(new SchemaDraft(
        "import",
        [
            new SchemaField("id", FieldType.Text), new SchemaField("time", FieldType.Time) { TimeFormats = [TimeFormat.TryParse("unix-seconds", out var format) ? format : default!] },
            new SchemaField("a", FieldType.Number), new SchemaField("b", FieldType.Number), new SchemaField("c", FieldType.Text), new SchemaField("d", FieldType.Text),
            new SchemaField("e", FieldType.Number),
        ],
        new SchemaRoles("id", "time", "a"))
    {
        Features = [.. features.Select(name => name is "c" or "d" ? (FeatureDefinition)new CategoryFeature(name, name, 1, 255) : new NumberFeature(name, name))],
    });
}
