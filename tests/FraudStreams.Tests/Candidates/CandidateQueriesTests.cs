using FraudStreams.Model.Evaluation.Promotion;
using FraudStreams.Model.Json;
using FraudStreams.Storage;
using FraudStreams.Tests.Storage;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Candidates;

/// <summary>What the candidate loop asks of the store.</summary>
[Trait("Category", "Unit")]
public sealed class CandidateQueriesTests : IDisposable
{
    internal const long At = 1_577_934_245_678, ScoredAt = 1_767_323_045_678;

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Payments_that_both_scored_come_with_the_confirmed_label_else_the_sources_own()
    {
        await using var store = Predictions.Open(_folder);
        await FillAsync(store);

        var read = await store.ReadShadowedAsync("m1", "m2", 0, default);

        read.Payments.ShouldBe(
        [
            new GatePayment(0, At, true, 0.25, false, 0.9, true, 12.5),
            new GatePayment(0, At + 1, false, 0.75, true, 0.1, false, 12.5),
        ]);
    }

    [Fact]
    public async Task Payments_without_a_label_and_those_whose_label_was_known_before_the_challenger_scored_do_not_count()
    {
        await using var store = Predictions.Open(_folder);
        await FillAsync(store);

        var read = await store.ReadShadowedAsync("m1", "m2", 0, default);

        (read.Unlabelled, read.KnownBefore).ShouldBe((1, 1));
        (await store.ReadShadowedAsync("m0", "m2", 0, default)).Payments.ShouldBeEmpty();
        (await store.ReadShadowedAsync("m1", "m3", 0, default)).Payments.ShouldBeEmpty();
    }

    [Fact]
    public async Task Payments_that_the_challenger_scored_before_a_time_do_not_count()
    {
        await using var store = Predictions.Open(_folder);
        await FillAsync(store);

        (await store.ReadShadowedAsync("m1", "m2", ScoredAt, default)).Payments.Length.ShouldBe(2);
        var later = await store.ReadShadowedAsync("m1", "m2", ScoredAt + 1, default);
        (later.Payments.Length, later.Unlabelled, later.KnownBefore).ShouldBe((0, 0, 0));
    }

    [Fact]
    public async Task What_a_version_decided_and_how_many_labels_there_are_is_asked_by_event_time()
    {
        await using var store = Predictions.Open(_folder);
        (await store.LatestEventTimeAsync(default)).ShouldBeNull();
        await FillAsync(store);

        (await store.LatestEventTimeAsync(default)).ShouldBe(At + 4);
        (await store.CountLabelledAsync(0, long.MaxValue / 2, default)).ShouldBe(4);
        (await store.CountLabelledAsync(At, At + 2, default)).ShouldBe(1);
        (await store.ReadDecidedAsync("m1", At, At + 3, default)).Select(payment => payment.Champion).ShouldBe([0.75, 0.4]);
    }

    [Fact]
    public async Task The_latest_payment_is_none_that_is_dated_ahead()
    {
        await using var store = Predictions.Open(_folder);
        await FillAsync(store);

        await store.WriteAsync(Predictions.Records(DatedAhead));

        (await store.LatestEventTimeAsync(default)).ShouldBe(At + 4);
    }

    /// <summary>Of 2096.</summary>
    internal static string DatedAhead => Predictions.Json("ahead", 0.5, "m1", "").Replace($"{At}", "4000000000000");

    /// <summary>t1 to t5, a millisecond apart: fraud by the source, none by confirmation over the source, unlabelled, known too early, and not scored by the challenger.</summary>
    internal static async Task FillAsync(PredictionStore store)
    {
        await store.WriteAsync(Predictions.Records(
            Payment(0, 0.25, ",\"fraud\":1"), Payment(1, 0.75, ",\"fraud\":1"), Payment(2, 0.3), Payment(3, 0.4), Payment(4, 0.5, ",\"fraud\":0")));
        await store.WriteAsync([new Label("t1", false, ScoredAt + 1, "anna"), new Label("t3", true, ScoredAt, "anna")]);
        await store.WriteAsync([Shadow(0, 0.9), Shadow(1, 0.1), Shadow(2, 0.2), Shadow(3, 0.3), Shadow(3, 0.3) with { ModelVersion = "m4" }]);

        static string Payment(int number, double score, string more = "") => Predictions.Json($"t{number}", score, "m1", more).Replace($"{At}", $"{At + number}");

        static ShadowScore Shadow(int number, double score) =>
            new($"t{number}", At + number, "m2", score, score > 0.5, 0.5, "m1", number == 1 ? 0.75 : 0.25, number == 1, ScoredAt);
    }
}

[Trait("needs", "PostgreSQL")]
[Trait("Category", "Integration")]
public sealed class PostgresCandidateQueriesTests(SharedPostgres server) : IClassFixture<SharedPostgres>, IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [PostgresFact]
    public async Task Both_databases_answer_the_candidate_loop_alike()
    {
        await using var sqlite = Predictions.Open(_folder);
        await using var postgres = Predictions.Open(server.NewStore());
        await CandidateQueriesTests.FillAsync(sqlite);
        await CandidateQueriesTests.FillAsync(postgres);

        var (one, other) = (await sqlite.ReadShadowedAsync("m1", "m2", 0, default), await postgres.ReadShadowedAsync("m1", "m2", 0, default));
        other.Payments.ShouldBe(one.Payments);
        (other.Unlabelled, other.KnownBefore).ShouldBe((one.Unlabelled, one.KnownBefore));
        (await postgres.ReadShadowedAsync("m1", "m2", CandidateQueriesTests.ScoredAt, default)).Payments.ShouldBe(one.Payments);
        (await postgres.ReadShadowedAsync("m1", "m2", CandidateQueriesTests.ScoredAt + 1, default)).Payments.ShouldBeEmpty();
        (await postgres.ReadDecidedAsync("m1", CandidateQueriesTests.At, CandidateQueriesTests.At + 3, default))
            .ShouldBe(await sqlite.ReadDecidedAsync("m1", CandidateQueriesTests.At, CandidateQueriesTests.At + 3, default));
        (await postgres.CountLabelledAsync(0, long.MaxValue / 2, default)).ShouldBe(4);
        await postgres.WriteAsync(Predictions.Records(CandidateQueriesTests.DatedAhead));
        (await postgres.LatestEventTimeAsync(default)).ShouldBe(CandidateQueriesTests.At + 4);
    }

    [PostgresFact]
    public async Task A_lease_on_postgres_is_one_holders_until_it_ends_or_is_given_up()
    {
        await using var store = Predictions.Open(server.NewStore());
        var (now, minute) = (new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), TimeSpan.FromMinutes(1));

        (await store.TryLeaseAsync("candidates", "one", now, minute, default)).ShouldBeTrue();
        (await store.TryLeaseAsync("candidates", "two", now, minute, default)).ShouldBeFalse();
        (await store.TryLeaseAsync("candidates", "one", now.AddSeconds(30), minute, default)).ShouldBeTrue();
        (await store.TryLeaseAsync("candidates", "two", now.AddSeconds(80), minute, default)).ShouldBeFalse();
        (await store.TryLeaseAsync("candidates", "two", now.AddSeconds(91), minute, default)).ShouldBeTrue();
        (await store.ReleaseLeaseAsync("candidates", "one", default)).ShouldBeFalse();
        (await store.ReleaseLeaseAsync("candidates", "two", default)).ShouldBeTrue();
        (await store.TryLeaseAsync("candidates", "one", now, minute, default)).ShouldBeTrue();
    }
}
