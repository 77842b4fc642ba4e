using System.Collections.Immutable;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models;
using FraudStreams.Model.Models.External;
using Microsoft.ML;
using Microsoft.ML.Data;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Models.External;

/// <summary>Pipelines that ML.NET trains and saves here, beside what it gives itself.</summary>
public sealed class PipelineScorerTests
{
    sealed class Payment
    {
        public float Amount { get; set; }

        public string Kind { get; set; } = "";

        public bool Abroad { get; set; }

        public double Distance { get; set; }

        public bool Label { get; set; }
    }

    static readonly string[] s_kinds = ["travel", "food", "fuel"];

    static readonly ImmutableArray<FeatureColumn> s_plan =
        [new("distance", FeatureKind.Number), new("kind", FeatureKind.Category), new("amount", FeatureKind.Number), new("abroad", FeatureKind.Number)];

    static readonly ImmutableArray<ModelInput> s_inputs =
        [new("Kind", [new(1, [.. s_kinds], null)]), new("Amount", [new(2, [], null)]), new("Abroad", [new(3, [], "0")]), new("Distance", [new(0, [], "0")])];

    static readonly Payment[] s_payments = [.. Made()];
    static readonly (byte[] File, float[] Scores) s_saved = Saved();

    [Fact]
    public void A_saved_pipeline_gives_the_scores_of_MLNet()
    {
        var scorer = Of(s_inputs).ToScorer();
        var scores = new double[s_payments.Length];

        scorer.Check();
        scorer.Score(s_payments.SelectMany(Row).ToArray(), scores);

        scores.ShouldBe(s_saved.Scores.Select(score => (double)score));
        scores.Distinct().Count().ShouldBeGreaterThan(20);
    }

    [Fact]
    public void A_saved_pipeline_is_stored_and_loaded_with_its_version()
    {
        var model = Of(s_inputs);

        var loaded = ExternalModel.FromJson(ExternalKind.MLNet, model.ToJson(), file => file == "model.zip" ? s_saved.File : throw new FileNotFoundException(file));

        loaded.Inputs.Select(input => input.Name).ShouldBe(s_inputs.Select(input => input.Name));
        loaded.Inputs[0].Values[0].Texts.ShouldBe(s_kinds);
        loaded.Output.ShouldBe(model.Output);
        Should.Throw<ModelFormatException>(() => ExternalModel.FromJson(ExternalKind.MLNet, model.ToJson(), _ => s_saved.File[..^1])).Message.ShouldContain("it belongs to a file with SHA-256");
    }

    [Fact]
    public void A_column_that_the_score_needs_must_be_in_the_map() =>
        Should.Throw<ModelFormatException>(() => Of(s_inputs[1..]).ToScorer()).Message.ShouldContain("its Probability needs the column Kind, and the map gives nothing for it");

    [Fact]
    public void Columns_and_outputs_that_are_not_there_are_refused()
    {
        Should.Throw<ModelFormatException>(() => Of([.. s_inputs, new("Colour", [new(0, [], null)])]).ToScorer()).Message.ShouldContain("it has no column Colour; it has Amount (Single)");
        Should.Throw<ModelFormatException>(() => (Of(s_inputs) with { Output = new("Chance", null, false) }).ToScorer()).Message.ShouldContain("it has no output Chance of type Single");
        Should.Throw<ModelFormatException>(() => Of([s_inputs[0], s_inputs[1], s_inputs[2] with { Values = [new(3, [], null)] }, s_inputs[3]]).ToScorer()).Message
            .ShouldContain("its input Abroad is of type Boolean, which has no missing values");
    }

    [Fact]
    public void A_file_that_is_no_pipeline_is_refused() =>
        Should.Throw<ModelFormatException>(() => ExternalModel.InputsOf(ExternalKind.MLNet, "PK\x03\x04 and no more"u8.ToArray())).Message.ShouldContain("it is no pipeline that ML.NET loads");

    static ExternalModel Of(ImmutableArray<ModelInput> inputs) => new(ExternalKind.MLNet, s_saved.File, s_plan, inputs, new ModelOutput(null, null, false));

    static double[] Row(Payment payment) => [payment.Distance, Array.IndexOf(s_kinds, payment.Kind), payment.Amount, payment.Abroad ? 1 : 0];

    static IEnumerable<Payment> Made()
    {
        var random = new Random(1);
        for (var row = 0; row < 300; row++)
        {
            var payment = new Payment { Amount = random.Next(200), Kind = s_kinds[random.Next(3)], Abroad = random.Next(4) == 0, Distance = random.NextDouble() };
            payment.Label = random.NextDouble() < (payment.Kind == "travel" ? 0.5 : 0.1) + (payment.Abroad ? 0.3 : 0);
            yield return payment;
        }
    }

    static (byte[] File, float[] Scores) Saved()
    {
        var context = new MLContext(seed: 1);
        var data = context.Data.LoadFromEnumerable(s_payments);
        var pipeline = context.Transforms.Categorical.OneHotEncoding("Kinds", "Kind")
            .Append(context.Transforms.Conversion.ConvertType("IsAbroad", "Abroad", DataKind.Single))
            .Append(context.Transforms.Conversion.ConvertType("Far", "Distance", DataKind.Single))
            .Append(context.Transforms.ReplaceMissingValues("Amount"))
            .Append(context.Transforms.Concatenate("Features", "Kinds", "IsAbroad", "Far", "Amount"))
            .Append(context.Transforms.NormalizeMinMax("Features"))
            .Append(context.BinaryClassification.Trainers.LbfgsLogisticRegression(l1Regularization: 0, l2Regularization: 0.1f));
        var model = pipeline.Fit(data);
        using var stream = new MemoryStream();
        context.Model.Save(model, data.Schema, stream);
        return (stream.ToArray(), [.. model.Transform(data).GetColumn<float>("Probability")]);
    }
}
