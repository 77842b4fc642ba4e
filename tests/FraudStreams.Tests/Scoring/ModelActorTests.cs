using Akka.Actor;
using Akka.TestKit;
using FraudStreams.Scoring;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Scoring;

[Trait("Category", "Unit")]
public sealed class ModelActorTests : Akka.TestKit.Xunit2.TestKit
{
    readonly ScriptedScorer _scorer = new(0.25);
    readonly TestProbe _supervisor;

    public ModelActorTests() => _supervisor = CreateTestProbe();

    [Fact]
    public async Task Answers_with_scores_version_and_threshold_and_reports_success()
    {
        var model = _scorer.As("v7");
        var actor = Sys.ActorOf(Props.Create(() => new ModelActor(model, _supervisor.Ref)));

        actor.Tell(new ScoreBatch(Payments.Rows(3)), TestActor);

        var answer = await ExpectMsgAsync<BatchScored>();
        answer.Scores.ShouldBe([0.25, 0.25, 0.25]);
        answer.ModelVersion.ShouldBe("v7");
        answer.Threshold.ShouldBe(model.Threshold);
        (await _supervisor.ExpectMsgAsync<ScoringWorked>()).ModelVersion.ShouldBe("v7");
    }

    [Fact]
    public async Task A_failing_model_answers_with_the_failure_before_the_actor_fails()
    {
        var actor = Sys.ActorOf(Props.Create(() => new ModelActor(_scorer.As("v7"), _supervisor.Ref)));
        _scorer.FailNext(1);

        await EventFilter.Exception<InvalidOperationException>().ExpectOneAsync(async () =>
        {
            actor.Tell(new ScoreBatch(Payments.Rows(1)), TestActor);
            (await ExpectMsgAsync<Status.Failure>()).Cause.Message.ShouldBe("the scorer is broken");
        });

        var failure = await _supervisor.ExpectMsgAsync<ScoringFailed>();
        failure.ModelVersion.ShouldBe("v7");
        failure.Cause.Message.ShouldBe("the scorer is broken");
    }
}
