using Akka.Actor;
using Akka.TestKit;
using FraudStreams.Configuration;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Scoring;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Scoring;

[Trait("Category", "Unit")]
public sealed class ModelSupervisorTests : ActorTest
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    static readonly BackoffSettings Restart = new(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(60), 0);
    static readonly ScoringSettings Settings = new(InFlight: 2, AskTimeout: Limit, FailuresBeforeFallback: 3);

    readonly TemporaryFolder _folder = new();
    readonly LocalModels _local;
    readonly ScriptedScorer _scorer = new(0.5);
    readonly ProbationWatch _watch = new(new ProbationSettings(TimeSpan.FromHours(1), 0.5, TimeSpan.FromSeconds(1), 5));

    public ModelSupervisorTests()
    {
        _local = new LocalModels(_folder, TimeProvider.System);
        Directory.CreateDirectory(_local.Directory);
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _folder.Dispose();
    }

    [Fact]
    public async Task During_the_backoff_asks_are_answered_and_the_model_is_not_called()
    {
        Put("v1");
        var supervisor = Supervise("v1", new BackoffSettings(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(6), 0));
        _scorer.FailNext(1);

        var failed = await AskAsync(supervisor);
        var paused = await AskAsync(supervisor);

        failed.ShouldBeOfType<Status.Failure>().Cause.Message.ShouldBe("the scorer is broken");
        paused.ShouldBeOfType<Status.Failure>().Cause.ShouldBeOfType<ModelUnavailableException>().Message.ShouldContain("v1");
        _scorer.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Enough_failures_in_a_row_promote_the_last_good_version()
    {
        Put("v1");
        Put("v2");
        var supervisor = Supervise("v2");

        await EventFilter.Warning(contains: "v1, the last good version, takes its place").ExpectOneAsync(Limit, () => FailAsync(supervisor, 3));

        (await AnswerAsync(supervisor)).ModelVersion.ShouldBe("v1");
        _local.ChampionVersion.ShouldBe("v1");
        File.ReadAllText(Path.Combine(_local.Directory, "champion.json")).ShouldContain("v2 failed 3 times in a row");
    }

    [Fact]
    public async Task Another_version_scores_from_the_next_batch_on_and_those_before_keep_theirs()
    {
        Put("v1");
        var supervisor = Sys.ActorOf(ModelSupervisor.Props(TrainedModel.Loaded, _local, Settings, Restart, _watch));
        var next = new ScoringModel(TrainedModel.Loaded.Card with { Version = "v2" }, TrainedModel.Loaded.Scorer);

        var before = Enumerable.Range(0, 20).Select(_ => AnswerAsync(supervisor)).ToArray();
        supervisor.Tell(new UseModel(next));
        var after = Enumerable.Range(0, 20).Select(_ => AnswerAsync(supervisor)).ToArray();

        (await Task.WhenAll(before)).ShouldAllBe(answer => answer.ModelVersion == TrainedModel.Loaded.Version);
        (await Task.WhenAll(after)).ShouldAllBe(answer => answer.ModelVersion == "v2");
    }

    [Fact]
    public async Task A_version_that_restarts_after_another_took_its_place_is_not_asked_any_more()
    {
        var current = new CurrentScorer();
        var settings = Settings with { AskTimeout = TimeSpan.FromSeconds(1) };
        var supervisor = Sys.ActorOf(ModelSupervisor.Props(_scorer.As("v2"), _local, settings, Restart, _watch, current: current));
        await FailAsync(supervisor, 1);
        var former = await Sys.ActorSelection(supervisor.Path / "*").ResolveOne(Limit);
        await WatchAsync(former);

        await supervisor.Ask<ModelStarted>(new UseModel(new ScriptedScorer(0.1).As("v1")), Limit);
        current.Now.ShouldNotBeNull().Version.ShouldBe("v1", "who put it into service is answered once it scores");
        await ExpectTerminatedAsync(former, Limit);

        current.Now.ShouldNotBeNull().Version.ShouldBe("v1");
    }

    [Fact]
    public void A_scorer_starts_in_its_turn_and_the_one_before_works_until_then()
    {
        var current = new CurrentScorer();
        var (v1, v2) = (new BatchScorer(_scorer.As("v1"), Sys.Log), new BatchScorer(_scorer.As("v2"), Sys.Log));
        var first = current.NextTurn();
        current.Starts(v1, first);
        var second = current.NextTurn();
        current.Now.ShouldBeSameAs(v1);

        current.Starts(v2, second);
        current.Starts(v1, first);
        current.Now.ShouldBeSameAs(v2);
        current.Ends(v1);
        current.Now.ShouldBeSameAs(v2);
        current.Ends(v2);
        current.Now.ShouldBeNull();
    }

    [Fact]
    public async Task A_success_between_failures_starts_the_count_anew()
    {
        Put("v1");
        Put("v2");
        var supervisor = Supervise("v2");

        await FailAsync(supervisor, 2);
        (await AnswerAsync(supervisor)).ModelVersion.ShouldBe("v2");
        await FailAsync(supervisor, 2);

        (await AnswerAsync(supervisor)).ModelVersion.ShouldBe("v2");
        _local.ChampionVersion.ShouldBe("v2");
    }

    [Fact]
    public async Task A_damaged_version_is_skipped_for_an_earlier_one()
    {
        Put("v1");
        Put("v2");
        Put("v3");
        File.AppendAllText(Path.Combine(_local.FolderOf("v2"), "model.json"), " ");
        var supervisor = Supervise("v3");

        await FailAsync(supervisor, 3);

        (await AnswerAsync(supervisor)).ModelVersion.ShouldBe("v1");
    }

    [Fact]
    public async Task A_version_of_another_schema_is_skipped()
    {
        Put("v1");
        ModelArtifact.Write(_local.Directory, OtherSchema.Model("v2"));
        _local.Promote("v2", "a test's");
        Put("v3");
        var supervisor = Supervise("v3");

        await FailAsync(supervisor, 3);

        (await AnswerAsync(supervisor)).ModelVersion.ShouldBe("v1");
    }

    [Fact]
    public async Task Without_an_earlier_version_the_error_is_logged_and_scoring_goes_on()
    {
        Put("v1");
        var supervisor = Supervise("v1");

        await EventFilter.Error(contains: "there is no earlier good version").ExpectOneAsync(Limit, () => FailAsync(supervisor, 3));
        await EventFilter.Warning(contains: "failed (").ExpectAsync(0, () => FailAsync(supervisor, 4));

        (await AnswerAsync(supervisor)).ModelVersion.ShouldBe("v1");
    }

    [Fact]
    public async Task The_last_good_version_takes_over_even_where_it_cannot_be_recorded()
    {
        Put("v1");
        Put("v2");
        var supervisor = Supervise("v2");
        Directory.CreateDirectory(Path.Combine(_local.Directory, $"champion.json.{Environment.ProcessId}.new"));

        await EventFilter.Warning(contains: "could not be recorded").ExpectOneAsync(Limit, () => FailAsync(supervisor, 3));

        (await AnswerAsync(supervisor)).ModelVersion.ShouldBe("v1");
    }

    [Fact]
    public async Task A_damaged_champion_file_is_logged_and_scoring_goes_on()
    {
        Put("v1");
        Put("v2");
        var supervisor = Supervise("v2");
        File.WriteAllText(Path.Combine(_local.Directory, "champion.json"), "{");

        await EventFilter.Error(contains: "champion.json is damaged").ExpectOneAsync(Limit, () => FailAsync(supervisor, 3));

        (await AnswerAsync(supervisor)).ModelVersion.ShouldBe("v2");
    }

    [Fact]
    public async Task Failures_of_a_version_on_probation_are_counted()
    {
        Put("v1");
        var supervisor = Supervise("v1");
        _watch.Begin(2, "v1", "v0");

        for (var failure = 0; failure < 3; failure++)
        {
            await FailAsync(supervisor, 1);
            if (failure < 2)
                (await AnswerAsync(supervisor)).ModelVersion.ShouldBe("v1");
        }

        await Eventually.TrueAsync(() => _watch.OutOfBounds is { Version: "v1" });
        _watch.OutOfBounds!.Value.Why.ShouldContain("3 of its 5 batches failed");
    }

    void Put(string version)
    {
        ModelArtifact.Write(_local.Directory, new ScoringModel(TrainedModel.Loaded.Card with { Version = version }, TrainedModel.Loaded.Scorer));
        _local.Promote(version, "a test's");
    }

    /// <summary>A supervisor whose first version scores with the scripted scorer.</summary>
    IActorRef Supervise(string version, BackoffSettings? restart = null) =>
        Sys.ActorOf(ModelSupervisor.Props(_scorer.As(version), _local, Settings, restart ?? Restart, _watch));

    /// <summary>
    /// The answer, or the failure that was answered. An actor answers before it fails, and messages that reach it in between are lost unanswered: those are
    /// asked again.
    /// </summary>
    static async Task<object> AskAsync(IActorRef supervisor)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await supervisor.Ask<BatchScored>(new ScoreBatch(Payments.Rows(1)), TimeSpan.FromSeconds(5));
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

    /// <summary>Asks until the version is not in its backoff.</summary>
    static async Task<object> AskThroughPausesAsync(IActorRef supervisor)
    {
        while (true)
        {
            var answer = await AskAsync(supervisor);
            if (answer is not Status.Failure { Cause: ModelUnavailableException })
                return answer;
            await Task.Delay(5);
        }
    }

    static async Task<BatchScored> AnswerAsync(IActorRef supervisor) => (await AskThroughPausesAsync(supervisor)).ShouldBeOfType<BatchScored>();

    async Task FailAsync(IActorRef supervisor, int times)
    {
        for (var i = 0; i < times; i++)
        {
            _scorer.FailNext(1);
            (await AskThroughPausesAsync(supervisor)).ShouldBeOfType<Status.Failure>();
        }
    }
}
