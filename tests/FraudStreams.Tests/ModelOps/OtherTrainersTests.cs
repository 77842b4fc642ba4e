using FraudStreams.Model.Explanation;
using FraudStreams.Model.Models;
using FraudStreams.Model.Models.Calibrators;
using FraudStreams.Model.Models.Linear;
using FraudStreams.Model.Models.Trees;
using FraudStreams.ModelOps;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.ModelOps;

/// <summary>`model.trainer` and `model.calibration`.</summary>
[Trait("Category", "Unit")]
public sealed class OtherTrainersTests : IDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly LocalModels _local;

    public OtherTrainersTests() => _local = new LocalModels(_folder, TimeProvider.System);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("logistic", typeof(LogisticRegression), "history, trainer, validation")]
    [InlineData("lightgbm", typeof(TreeEnsemble), "early-stopping, history, learning-rate, leaves, trainer, trees, validation")]
    [InlineData("fasttree", typeof(TreeEnsemble), "history, learning-rate, leaves, trainer, trees, validation")]
    public void Another_trainer_gives_a_version_that_is_stored_and_explained(string trainer, Type scorer, string settings)
    {
        var model = TrainedModel.Train(_local, 1, $"model.trainer={trainer}");

        var loaded = ModelArtifact.Load(_local.FolderOf(model.Version));
        loaded.Scorer.ShouldBeOfType(scorer);
        loaded.Card.Training.Settings["trainer"].ShouldBe(trainer);
        string.Join(", ", loaded.Card.Training.Settings.Keys).ShouldBe(settings);
        loaded.Card.Metrics["average_precision"].ShouldBeGreaterThan(0.2);
        ModelExplainer.TryCreate(loaded, out _, out var why).ShouldBeTrue(why);
    }

    [Theory]
    [InlineData("platt")]
    [InlineData("isotonic")]
    public void A_calibrated_version_ranks_as_before_and_keeps_its_reasons(string calibration)
    {
        var plain = TrainedModel.Train(_local);
        var model = TrainedModel.Train(_local, 1, $"model.calibration={calibration}");

        var loaded = ModelArtifact.Load(_local.FolderOf(model.Version));
        loaded.Card.Calibration.ShouldNotBeNull().Method.ToString().ShouldBe(calibration, StringCompareShould.IgnoreCase);
        loaded.Scorer.ShouldBeOfType<CalibratedScorer>();
        loaded.Card.Metrics["average_precision"].ShouldBe(plain.Card.Metrics["average_precision"]);
        loaded.Card.Metrics["recall"].ShouldBe(plain.Card.Metrics["recall"]);
        loaded.Threshold.ShouldBe(loaded.Card.Calibration.Apply(plain.Threshold));
        // Reasons are about the model's own log-odds.
        var row = new double[loaded.Features.Count];
        ModelExplainer.TryCreate(loaded, out var explainer, out var why).ShouldBeTrue(why);
        ModelExplainer.TryCreate(plain, out var other, out _).ShouldBeTrue();
        explainer!.Reasons(row).ShouldBe(other!.Reasons(row));
    }
}
