using Akka.Actor;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Models;
using FraudStreams.Pipelines;
using FraudStreams.Scoring;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.Messaging.Sqlite;
using FraudStreams.Tests.Scoring;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using FraudStreams.WindowStates;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Pipelines;

/// <summary>What-ifs without windows, and a model actor that the test plays or starts.</summary>
[Trait("Category", "Unit")]
public sealed class LiveScorerTests : ActorTest
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    static readonly TimeSpan Short = TimeSpan.FromMilliseconds(200);

    readonly TemporaryFolder _folder = new();
    readonly StreamMetrics _metrics = new();
    readonly CurrentScorer _current = new();
    readonly EmbeddedMessageLog _topics;

    public LiveScorerTests() => _topics = EmbeddedMessageLog.Open(LogOf.Settings(_folder), TimeProvider.System, _ => { });

    protected override void AfterAll()
    {
        base.AfterAll();
        _topics.DisposeAsync().AsTask().Wait(Limit);
        _metrics.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_model_of_ours_scores_without_its_actor()
    {
        Start(TrainedModel.Loaded);

        var scored = await AskAsync(Live(TestActor, Limit));

        scored.ShouldHaveSingleItem().ModelVersion.ShouldBe(TrainedModel.Loaded.Version);
        await ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_model_that_hangs_does_not_hold_its_caller()
    {
        using var hang = new ManualResetEventSlim();
        var model = new HangingScorer(hang).As("v1");
        var turn = _current.NextTurn();
        var actor = Sys.ActorOf(Props.Create(() => new ModelActor(model, TestActor, null, _current, turn)));

        try
        {
            await Eventually.TrueAsync(() => _current.Now is not null);
            await Should.ThrowAsync<AskTimeoutException>(Task.Run(() => AskAsync(Live(actor, Short))).WaitAsync(Limit));
        }
        finally
        {
            hang.Set();
        }
    }

    [Fact]
    public async Task Callers_for_whom_no_processor_is_free_wait_for_a_while_or_until_they_leave()
    {
        Start(TrainedModel.Loaded);
        var (impatient, patient) = (Live(TestActor, Short), Live(TestActor, Limit));
        await TakeAllAsync(impatient);
        await TakeAllAsync(patient);
        using var leaves = new CancellationTokenSource();

        await Should.ThrowAsync<AskTimeoutException>(AskAsync(impatient));
        var left = AskAsync(patient, leaves.Token);
        var waits = AskAsync(patient);
        await leaves.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(left);
        waits.IsCompleted.ShouldBeFalse();
        patient.Turns.Release();

        (await waits.WaitAsync(Limit)).ShouldHaveSingleItem().ModelVersion.ShouldBe(TrainedModel.Loaded.Version);
        patient.Turns.CurrentCount.ShouldBe(1);
    }

    [Fact]
    public void The_version_is_the_one_that_scores_and_not_the_one_that_is_to()
    {
        var live = Live(TestActor, Limit);
        _metrics.ModelVersion = "v1";
        live.ModelVersion.ShouldBe("v1");
        var v1 = Start(new ScriptedScorer(0.5).As("v1"));

        _metrics.ModelVersion = "v2";

        live.ModelVersion.ShouldBe("v1");
        _current.Ends(v1);
        live.ModelVersion.ShouldBe("v2");
    }

    [Fact]
    public async Task A_payment_that_another_process_scores_is_not_recorded_here_windows_or_none()
    {
        var live = Live(TestActor, Limit);
        using var rows = Payments.Rows(1);

        (await Should.ThrowAsync<PartitionElsewhereException>(live.RecordAsync(rows, Short, null, default))).Partition.Partition.ShouldBe(0);
        (await AppendedAsync()).ShouldBe(0);
        _metrics.Assigned.Add(ConsumerGroups.Score, 0);
        await Should.ThrowAsync<TimeoutException>(live.RecordAsync(rows, Short, null, default));
        (await AppendedAsync()).ShouldBe(1);

        async Task<long> AppendedAsync() => (await _topics.StatusAsync(default)).Topics.Single(topic => topic.Topic == TopicNames.Transactions).Appended;
    }

    static async Task<ScoredPayment[]> AskAsync(LiveScorer live, CancellationToken cancellationToken = default)
    {
        using var rows = Payments.Rows(1);
        return await live.WhatIfAsync(rows, null, cancellationToken);
    }

    static async Task TakeAllAsync(LiveScorer live)
    {
        for (var taken = 0; taken < Environment.ProcessorCount; taken++)
            (await live.Turns.WaitAsync(TimeSpan.Zero)).ShouldBeTrue();
        live.Turns.CurrentCount.ShouldBe(0);
    }

    BatchScorer Start(ScoringModel model)
    {
        var scorer = new BatchScorer(model, Sys.Log);
        _current.Starts(scorer, _current.NextTurn());
        return scorer;
    }

    LiveScorer Live(IActorRef model, TimeSpan askTimeout) => new(
        TrainedModel.Schema, _topics, SettingsOf.Set("topics.partitions=1").Topics, null, model, _current, new ScoringSettings(InFlight: 2, askTimeout, FailuresBeforeFallback: 3), new AwaitedPredictions(),
        _metrics, new TraceSample(0));

    sealed class HangingScorer(ManualResetEventSlim hang) : IScorer
    {
        public int FeatureCount { get; } = TrainedModel.Loaded.Features.Count;

        public void Score(ReadOnlySpan<double> features, Span<double> scores)
        {
            hang.Wait();
            scores.Fill(0.5);
        }

        public ScoringModel As(string version) => new(TrainedModel.Loaded.Card with { Version = version }, this);
    }
}
