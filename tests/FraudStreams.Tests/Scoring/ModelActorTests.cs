using System.Text.Json;
using Akka.Actor;
using Akka.TestKit;
using FraudStreams.Model.Models;
using FraudStreams.Scoring;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Scoring;

[Trait("Category", "Unit")]
public sealed class ModelActorTests : ActorTest
{
    static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    readonly ScriptedScorer _scorer = new(0.25);
    readonly TestProbe _supervisor;

    public ModelActorTests() => _supervisor = CreateTestProbe();

    [Fact]
    public async Task Answers_with_scores_version_and_threshold_and_reports_start_and_success()
    {
        var model = _scorer.As("v7");
        var actor = Sys.ActorOf(Props.Create(() => new ModelActor(model, _supervisor.Ref)));

        actor.Tell(new ScoreBatch(Payments.Rows(3)), TestActor);

        var answer = await ExpectMsgAsync<BatchScored>();
        answer.Scores.ShouldBe([0.25, 0.25, 0.25]);
        answer.ModelVersion.ShouldBe("v7");
        answer.Threshold.ShouldBe(model.Threshold);
        (await _supervisor.ExpectMsgAsync<ModelStarted>()).Model.ShouldBeSameAs(model);
        (await _supervisor.ExpectMsgAsync<ScoringWorked>()).ModelVersion.ShouldBe("v7");
    }

    [Fact]
    public async Task Predicted_frauds_have_reasons_where_they_are_asked_for()
    {
        var loaded = TrainedModel.Loaded;
        var model = new ScoringModel(loaded.Card with { Threshold = new ModelThreshold(0, "everything") }, loaded.Scorer);
        var actor = Sys.ActorOf(Props.Create(() => new ModelActor(model, _supervisor.Ref)));

        actor.Tell(new ScoreBatch(Payments.Rows(3), WithReasons: true), TestActor);
        var explained = await ExpectMsgAsync<BatchScored>();
        actor.Tell(new ScoreBatch(Payments.Rows(3)), TestActor);
        var plain = await ExpectMsgAsync<BatchScored>();

        explained.Features.ShouldBeNull();
        for (var row = 0; row < 3; row++)
            JsonDocument.Parse(explained.ReasonsOf(row).ToArray()).RootElement.GetArrayLength().ShouldBeInRange(1, 4);
        plain.ReasonsOf(0).IsEmpty.ShouldBeTrue();
        plain.Scores.ShouldBe(explained.Scores);
    }

    [Fact]
    public async Task A_model_that_gives_no_reasons_scores_all_the_same()
    {
        var model = new ScriptedScorer(0.99).As("v7");
        var actor = Sys.ActorOf(Props.Create(() => new ModelActor(model, _supervisor.Ref)));

        await EventFilter.Warning(contains: "model v7: a ScriptedScorer gives no reasons").ExpectOneAsync(s_limit, async () =>
        {
            actor.Tell(new ScoreBatch(Payments.Rows(2), WithReasons: true), TestActor);
            (await ExpectMsgAsync<BatchScored>()).ReasonsOf(0).IsEmpty.ShouldBeTrue();
        });
    }

    [Fact]
    public async Task A_failing_model_answers_with_the_failure_before_the_actor_fails()
    {
        var actor = Sys.ActorOf(Props.Create(() => new ModelActor(_scorer.As("v7"), _supervisor.Ref)));
        _scorer.FailNext(1);

        await EventFilter.Exception<InvalidOperationException>().ExpectOneAsync(s_limit, async () =>
        {
            actor.Tell(new ScoreBatch(Payments.Rows(1)), TestActor);
            (await ExpectMsgAsync<Status.Failure>()).Cause.Message.ShouldBe("the scorer is broken");
        });

        await _supervisor.ExpectMsgAsync<ModelStarted>();
        var failure = await _supervisor.ExpectMsgAsync<ScoringFailed>();
        failure.ModelVersion.ShouldBe("v7");
        failure.Cause.Message.ShouldBe("the scorer is broken");
    }
}
