using FraudStreams.Configuration;
using FraudStreams.Model.Models;
using FraudStreams.Model.Models.Trees;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.ModelOps;

/// <summary>The stored models of FraudStreams.Model.Tests, whose features are the fields of this schema.</summary>
[Trait("Category", "Unit")]
public sealed class ForeignImportTests : IDisposable
{
    const string C = "category = c, values = [c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11]";
    const string D = "feature = kind, values = [d0, d1, d2, d3, d4]";

    static readonly string s_stored = Repository.PathOf("tests/FraudStreams.Model.Tests/Models/Import/Stored");

    static readonly TransactionSchema s_schema = SchemaFile.Parse(
        """
        name = payments
        roles { id = id, time = at, amount = amt }
        fields = [
          { name = id, type = text }, { name = at, type = time, format = unix-seconds }, { name = amt, type = number }, { name = a, type = number, optional = on }
          { name = b, type = number, optional = on }, { name = c, type = text, optional = on }, { name = d, type = text, optional = on }
          { name = e, type = number, optional = on }
        ]
        features = [
          { name = amount, number = b }, { name = kind, category = d }, { name = first, number = a }
          { name = weekday, calendar = weekday, of = at }, { name = last, number = e }
        ]
        """, "payments");

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("xgboost.json", 6)]
    [InlineData("xgboost.ubj", 6)]
    [InlineData("lightgbm.txt", 8)]
    public void An_imported_model_gives_the_expected_scores(string file, int column)
    {
        var imported = Import(file, Map(), Scores(column));

        (imported.Compared, imported.LargestDifference, imported.HasReasons).ShouldBe(((long)Lines.Length, (double?)null, true));
        var model = imported.Model;
        var loaded = ModelArtifact.Load(Path.Combine(Registry.Directory, model.Version));
        loaded.Threshold.ShouldBe(0.4);
        loaded.Card.Training.Settings["file"].ShouldBe(file);
        loaded.Features.Columns.Select(c => c.Name).ShouldBe(["amount", "kind", "first", "weekday", "last", "c"]);
        ((TreeEnsemble)loaded.Scorer).Trees.ShouldBe(6);
    }

    [Fact]
    public void The_first_score_that_differs_refuses_the_import()
    {
        var scores = Scores(6);
        var lines = File.ReadAllLines(scores);
        var expected = lines[5][(lines[5].LastIndexOf(',') + 1)..];
        var other = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(float.Parse(expected, System.Globalization.CultureInfo.InvariantCulture)) + 1);
        lines[5] = lines[5][..(lines[5].LastIndexOf(',') + 1)] + other.ToString(System.Globalization.CultureInfo.InvariantCulture);
        lines[9] = lines[9][..(lines[9].LastIndexOf(',') + 1)] + "0.5";
        File.WriteAllLines(scores, lines);

        var error = Should.Throw<ModelArtifactException>(() => Import("xgboost.json", Map(), scores));

        error.Message.ShouldContain($"line 6: expects the score {other.ToString(System.Globalization.CultureInfo.InvariantCulture)}, and the model gives {expected} here");
        Registry.HasVersions.ShouldBeFalse();
    }

    [Theory]
    [InlineData("feature = first", "feature = frist", "features.a.feature: there is no feature frist in schema payments")]
    [InlineData("feature = first", "number = z", "features.a.number: there is no field z")]
    [InlineData("feature = first", "feature = first, number = a", "must be one of")]
    [InlineData("feature = first", "feature = first, values = [x]", "is for a category")]
    [InlineData("feature = kind, values = [d0, d1, d2, d3, d4]", "feature = kind", "features.d.values: has 0 values")]
    [InlineData("[d0, d1,", "[d1, d1,", "has d1 twice")]
    [InlineData("name = b", "name = bb", "is bb; the model's feature 2 is b")]
    [InlineData("values = [d0,", "values = [@d0,", "is not HOCON")]
    [InlineData("{ name = e, feature = last }", "", "lists 4; the model takes 5: a, b, c, d, e")]
    public void A_map_that_does_not_fit_is_refused_with_the_key(string found, string put, string reason)
    {
        Map().ShouldContain(found);

        Should.Throw<SchemaException>(() => Import("xgboost.json", Map().Replace(found, put, StringComparison.Ordinal), null)).Message.ShouldContain(reason);
    }

    [Fact]
    public void Too_few_values_are_refused() =>
        Should.Throw<ModelArtifactException>(() => Import("xgboost.json", Map().Replace(", c11", "", StringComparison.Ordinal), null))
            .Message.ShouldContain("its feature 3 (c) has a category 11, and c has 11 values");

    [Fact]
    public void A_feature_new_to_the_schema_in_service_is_refused() =>
        Should.Throw<SettingsException>(() => Import("xgboost.json", Map(), null, keepSchema: true)).Message.ShouldContain("c would be new in schema payments");

    [Fact]
    public void An_ONNX_model_is_imported_with_its_file()
    {
        var imported = ImportOnnx("columns.onnx", OnnxMap, OnnxScores());

        (imported.Compared, imported.HasReasons).ShouldBe((150, false));
        imported.LargestDifference.ShouldNotBeNull().ShouldBeLessThan(1e-6);
        var folder = Path.Combine(Registry.Directory, imported.Model.Version);
        File.ReadAllBytes(Path.Combine(folder, "model.onnx")).ShouldBe(File.ReadAllBytes(Path.Combine(s_onnx, "columns.onnx")));
        File.ReadAllText(Path.Combine(folder, "SHA256SUMS")).ShouldContain("  model.onnx");
        ModelArtifact.Load(folder).Scorer.ShouldBeOfType(imported.Model.Scorer.GetType());
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), File.ReadAllBytes(Path.Combine(s_onnx, "trees.onnx")));
        Should.Throw<ModelArtifactException>(() => ModelArtifact.Load(folder)).Message.ShouldContain("model.onnx: is truncated or altered");
    }

    [Fact]
    public void A_score_of_ONNX_may_differ_by_single_precision_and_no_more()
    {
        var scores = OnnxScores();
        var lines = File.ReadAllLines(scores);
        var at = lines[7].LastIndexOf(',') + 1;
        lines[7] = lines[7][..at] + (double.Parse(lines[7][at..], System.Globalization.CultureInfo.InvariantCulture) + 2e-5).ToString("R", System.Globalization.CultureInfo.InvariantCulture);
        File.WriteAllLines(scores, lines);

        Should.Throw<ModelArtifactException>(() => ImportOnnx("columns.onnx", OnnxMap, scores)).Message.ShouldContain("line 8: expects the score");

        Registry.HasVersions.ShouldBeFalse();
    }

    [Theory]
    [InlineData("name = hour, number = e, missing = 0", "name = hour, number = e", "its input hour is of type Int64, which has no missing values")]
    [InlineData("name = hour,", "name = our,", "it has no input our: say in the map of our input = NAME; it has amount, kind, hour")]
    [InlineData("category = c, values = [travel, food, fuel]", "number = a", "its input kind is of texts, and first is a number")]
    [InlineData("name = score", "name = chance", "its output chance is none of score")]
    [InlineData("name = score", "name = score, class = 1", "class 1 is the number of none")]
    public void A_map_that_does_not_fit_an_ONNX_model_is_refused(string found, string put, string reason)
    {
        OnnxMap.ShouldContain(found);

        Should.Throw<ModelArtifactException>(() => ImportOnnx("columns.onnx", OnnxMap.Replace(found, put, StringComparison.Ordinal), null)).Message.ShouldContain(reason);
    }

    [Fact]
    public void Inputs_are_for_models_that_have_them() =>
        Should.Throw<SchemaException>(() => Import("xgboost.json", Map().Replace("name = a,", "name = a, input = x,", StringComparison.Ordinal), null)).Message.ShouldContain("features.a.input: is not known here");

    static readonly string s_onnx = Repository.PathOf("tests/FraudStreams.Model.Tests/Models/External/Stored");

    const string OnnxMap =
        "features = [ { name = amount, number = b, missing = 0 }, { name = merchant_kind, input = kind, category = c, values = [travel, food, fuel] }, { name = hour, number = e, missing = 0 } ], output { name = score }";

    ForeignImported ImportOnnx(string file, string map, string? expected) => Import(Path.Combine(s_onnx, file), map, expected);

    /// <summary>The rows of columns.csv as payments.</summary>
    string OnnxScores()
    {
        var path = Path.Combine(_folder, "onnx.csv");
        File.WriteAllLines(path, File.ReadLines(Path.Combine(s_onnx, "columns.csv")).Skip(1).Select(line => line.Split(','))
            .Select((row, i) => $"{i},{1_700_000_000 + i},1,,{row[0]},{row[1]},,{row[2]},{row[3]}").Prepend("id,at,amt,a,b,c,d,e,score"));
        return path;
    }

    LocalModels Registry => new(_folder, TimeProvider.System);

    static string[] Lines => [.. File.ReadLines(Path.Combine(s_stored, "scores.csv")).Skip(1)];

    static string Map() =>
        $"features = [ {{ name = a, feature = first }}, {{ name = b, number = b }}, {{ name = c, {C} }}, {{ name = d, {D} }}, {{ name = e, feature = last }} ]";

    ForeignImported Import(string file, string map, string? expected, bool keepSchema = false)
    {
        var path = Path.Combine(_folder, "map.conf");
        File.WriteAllText(path, map);
        return ForeignImport.Run(Path.Combine(s_stored, file), path, 0.4, expected, s_schema, keepSchema, Registry, TimeProvider.System, CancellationToken.None);
    }

    string Scores(int column)
    {
        var path = Path.Combine(_folder, "scores.csv");
        File.WriteAllLines(path, Lines.Select(line => line.Split(',')).Select((row, i) =>
            $"{i},{1_700_000_000 + i},1,{row[0]},{row[1]},{Code("c", row[2])},{Code("d", row[3])},{row[4]},{row[column]}").Prepend("id,at,amt,a,b,c,d,e,score"));
        return path;
    }

    static string Code(string name, string number) => number.Length == 0 ? "" : name + number[..number.IndexOf('.', StringComparison.Ordinal)];
}
