using Akka.Actor;
using Akka.TestKit;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps;
using FraudStreams.Scoring;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Scoring;

public sealed class ModelSupervisorTests : Akka.TestKit.Xunit2.TestKit
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    static readonly BackoffSettings Restart = new(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(60), 0);
    static readonly ScoringSettings Settings = new(InFlight: 2, AskTimeout: Limit, FailuresBeforeFallback: 3);

    readonly TemporaryFolder _folder = new();
    readonly ModelRegistry _shelf;
    readonly ScriptedScorer _scorer = new(0.5);

    public ModelSupervisorTests()
    {
        _shelf = new ModelRegistry(_folder, TimeProvider.System);
        Directory.CreateDirectory(_shelf.Directory);
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _folder.Dispose();
    }

    [Fact]
    public async Task In_the_pause_after_a_failure_each_ask_is_answered_that_the_version_is_not_there_and_the_model_is_left_alone()
    {
        Put("v1");
        var desk = Desk("v1", new BackoffSettings(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(6), 0));
        _scorer.FailNext(1);

        var failed = await AskAsync(desk);
        var paused = await AskAsync(desk);

        failed.ShouldBeOfType<Status.Failure>().Cause.Message.ShouldBe("the scorer is broken");
        paused.ShouldBeOfType<Status.Failure>().Cause.ShouldBeOfType<ModelUnavailableException>().Message.ShouldContain("v1");
        _scorer.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Enough_failures_in_a_row_put_the_last_good_version_in_service_with_a_warning()
    {
        Put("v1");
        Put("v2");
        var desk = Desk("v2");

        await EventFilter.Warning(contains: "v1, the last good version, takes its place").ExpectOneAsync(Limit, () => FailAsync(desk, 3));

        (await AnswerAsync(desk)).ModelVersion.ShouldBe("v1");
        _shelf.ChampionVersion.ShouldBe("v1");
        File.ReadAllText(Path.Combine(_shelf.Directory, "champion.json")).ShouldContain("v2 failed 3 times in a row");
    }

    [Fact]
    public async Task A_success_between_failures_starts_the_count_anew()
    {
        Put("v1");
        Put("v2");
        var desk = Desk("v2");

        await FailAsync(desk, 2);
        (await AnswerAsync(desk)).ModelVersion.ShouldBe("v2");
        await FailAsync(desk, 2);

        (await AnswerAsync(desk)).ModelVersion.ShouldBe("v2");
        _shelf.ChampionVersion.ShouldBe("v2");
    }

    [Fact]
    public async Task A_damaged_version_is_passed_over_for_an_earlier_one()
    {
        Put("v1");
        Put("v2");
        Put("v3");
        File.AppendAllText(Path.Combine(_shelf.FolderOf("v2"), "model.json"), " ");
        var desk = Desk("v3");

        await FailAsync(desk, 3);

        (await AnswerAsync(desk)).ModelVersion.ShouldBe("v1");
    }

    [Fact]
    public async Task A_version_of_another_schema_is_passed_over_since_it_could_score_nothing()
    {
        Put("v1");
        ModelArtifact.Write(_shelf.Directory, OtherSchema.Model("v2"));
        _shelf.Promote("v2", "a test's");
        Put("v3");
        var desk = Desk("v3");

        await FailAsync(desk, 3);

        (await AnswerAsync(desk)).ModelVersion.ShouldBe("v1");
    }

    [Fact]
    public async Task Without_an_earlier_version_the_error_is_told_and_the_version_is_tried_on()
    {
        Put("v1");
        var desk = Desk("v1");

        await EventFilter.Error(contains: "there is no earlier good version").ExpectOneAsync(Limit, () => FailAsync(desk, 3));

        (await AnswerAsync(desk)).ModelVersion.ShouldBe("v1");
    }

    [Fact]
    public async Task The_last_good_version_takes_over_even_where_that_cannot_be_recorded()
    {
        Put("v1");
        Put("v2");
        var desk = Desk("v2");
        Directory.CreateDirectory(Path.Combine(_shelf.Directory, "champion.json.new"));

        await EventFilter.Warning(contains: "could not be recorded").ExpectOneAsync(Limit, () => FailAsync(desk, 3));

        (await AnswerAsync(desk)).ModelVersion.ShouldBe("v1");
    }

    [Fact]
    public async Task A_damaged_list_of_versions_is_told_and_the_version_is_tried_on()
    {
        Put("v1");
        Put("v2");
        var desk = Desk("v2");
        File.WriteAllText(Path.Combine(_shelf.Directory, "champion.json"), "{");

        await EventFilter.Error(contains: "champion.json is damaged").ExpectOneAsync(Limit, () => FailAsync(desk, 3));

        (await AnswerAsync(desk)).ModelVersion.ShouldBe("v2");
    }

    void Put(string version)
    {
        ModelArtifact.Write(_shelf.Directory, new ScoringModel(TrainedModel.Loaded.Card with { Version = version }, TrainedModel.Loaded.Scorer));
        _shelf.Promote(version, "a test's");
    }

    /// <summary>A desk whose first version scores by the script.</summary>
    IActorRef Desk(string version, BackoffSettings? restart = null) =>
        Sys.ActorOf(ModelSupervisor.Props(_scorer.As(version), _shelf, Settings, restart ?? Restart));

    /// <summary>
    /// The answer, or the failure that was answered. An actor answers before it fails, and what reaches it in between goes down with it unanswered: that is
    /// asked again.
    /// </summary>
    static async Task<object> AskAsync(IActorRef desk)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await desk.Ask<BatchScored>(new ScoreBatch(Payments.Rows(1)), TimeSpan.FromSeconds(5));
            }
            catch (AskTimeoutException) when (tries < 5)
            {
                continue;
            }
            catch (Exception e) when (e is not AskTimeoutException)
            {
                return new Status.Failure(e);
            }
        }
    }

    /// <summary>Asks until the version is not in a pause.</summary>
    static async Task<object> AskThroughPausesAsync(IActorRef desk)
    {
        while (true)
        {
            var answer = await AskAsync(desk);
            if (answer is not Status.Failure { Cause: ModelUnavailableException })
                return answer;
            await Task.Delay(5);
        }
    }

    static async Task<BatchScored> AnswerAsync(IActorRef desk) => (await AskThroughPausesAsync(desk)).ShouldBeOfType<BatchScored>();

    async Task FailAsync(IActorRef desk, int times)
    {
        for (var i = 0; i < times; i++)
        {
            _scorer.FailNext(1);
            (await AskThroughPausesAsync(desk)).ShouldBeOfType<Status.Failure>();
        }
    }
}
