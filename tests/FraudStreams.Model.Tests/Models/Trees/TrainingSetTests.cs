using System.Collections.Immutable;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models.Trees;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Models.Trees;

public sealed class TrainingSetTests
{
    static readonly ImmutableArray<FeatureColumn> s_features = [new("amount", FeatureKind.Number), new("category", FeatureKind.Category)];

    [Fact]
    public void A_slice_is_the_same_rows()
    {
        var set = new TrainingSet(s_features, new double[] { 1, 0, 2, 1, 3, 2 }, new byte[] { 0, 1, 1 }, new float[] { 1, 2, 3 });

        var slice = set.Slice(1, 2);

        slice.Values.ToArray().ShouldBe([2, 1, 3, 2]);
        slice.Labels.ToArray().ShouldBe([1, 1]);
        slice.Weights.ToArray().ShouldBe([2, 3]);
        slice.Positives.ShouldBe(2);
        Should.Throw<ArgumentOutOfRangeException>(() => set.Slice(1, 3));
    }

    [Theory]
    [InlineData(double.PositiveInfinity, 0, "Feature 'amount' of row 1 is infinite; a missing value is NaN.")]
    [InlineData(5, 0.5, "Feature 'category' of row 1 is 0.5; a category code is a whole number")]
    [InlineData(5, -1, "Feature 'category' of row 1 is -1; a category code is a whole number")]
    [InlineData(5, 1_000_001, "Feature 'category' of row 1 is 1000001; a category code is a whole number")]
    public void A_value_that_cannot_be_used_is_named(double amount, double category, string message)
    {
        var error =
            Should.Throw<ArgumentException>(() => new TrainingSet(s_features, new[] { 1, 0, amount, category }, new byte[] { 0, 1 }));

        error.Message.ShouldContain(message);
    }

    [Fact]
    public void Shapes_labels_and_weights_that_do_not_fit_are_refused()
    {
        Message(() => new TrainingSet([], Array.Empty<double>(), new byte[1])).ShouldContain("at least one feature");
        Message(() => new TrainingSet([s_features[0], s_features[0]], new double[2], new byte[1])).ShouldContain("'amount' appears twice");
        Message(() => new TrainingSet(s_features, Array.Empty<double>(), Array.Empty<byte>())).ShouldContain("at least one row");
        Message(() => new TrainingSet(s_features, new double[3], new byte[2])).ShouldContain("need 4 values, not 3");
        Message(() => new TrainingSet(s_features, new double[4], new byte[] { 0, 2 })).ShouldContain("Label of row 1 is 2");
        Message(() => new TrainingSet(s_features, new double[4], new byte[2], new float[3])).ShouldContain("2 weights or none, not 3");
        Message(() => new TrainingSet(s_features, new double[4], new byte[2], new[] { 1, -1f })).ShouldContain("Weight of row 1 is -1");

        static string Message(Func<TrainingSet> make) => Should.Throw<ArgumentException>(() => make()).Message;
    }
}
