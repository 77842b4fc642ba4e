using Akka.Actor;
using Akka.TestKit;
using FraudStreams.Scoring;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Scoring;

public sealed class ModelActorTests : Akka.TestKit.Xunit2.TestKit
{
    readonly ScriptedScorer _scorer = new(0.25);
    readonly TestProbe _desk;

    public ModelActorTests() => _desk = CreateTestProbe();

    [Fact]
    public async Task Answers_with_a_score_a_row_the_version_and_its_threshold_and_tells_the_desk()
    {
        var model = _scorer.As("v7");
        var actor = Sys.ActorOf(Props.Create(() => new ModelActor(model, _desk.Ref)));

        actor.Tell(new ScoreBatch(Payments.Rows(3)), TestActor);

        var answer = await ExpectMsgAsync<BatchScored>();
        answer.Scores.ShouldBe([0.25, 0.25, 0.25]);
        answer.ModelVersion.ShouldBe("v7");
        answer.Threshold.ShouldBe(model.Threshold);
        (await _desk.ExpectMsgAsync<ScoringWorked>()).ModelVersion.ShouldBe("v7");
    }

    [Fact]
    public async Task A_failing_model_answers_with_the_failure_and_then_the_actor_fails()
    {
        var actor = Sys.ActorOf(Props.Create(() => new ModelActor(_scorer.As("v7"), _desk.Ref)));
        _scorer.FailNext(1);

        await EventFilter.Exception<InvalidOperationException>().ExpectOneAsync(async () =>
        {
            actor.Tell(new ScoreBatch(Payments.Rows(1)), TestActor);
            (await ExpectMsgAsync<Status.Failure>()).Cause.Message.ShouldBe("the scorer is broken");
        });

        var told = await _desk.ExpectMsgAsync<ScoringFailed>();
        told.ModelVersion.ShouldBe("v7");
        told.Cause.Message.ShouldBe("the scorer is broken");
    }
}
