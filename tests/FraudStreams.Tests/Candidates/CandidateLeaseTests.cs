using FraudStreams.Candidates;
using FraudStreams.Sqlite;
using FraudStreams.Storage;
using FraudStreams.Storage.Sqlite;
using FraudStreams.Tests.Storage;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Candidates;

[Trait("Category", "Unit")]
public sealed class CandidateLeaseTests : IAsyncDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly ManualTime _time = new();
    readonly PredictionStore _one;
    readonly PredictionStore _two;

    public CandidateLeaseTests() => (_one, _two) = (Open(), Open());

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Of_two_hosts_one_works_at_a_time_and_the_other_after_it()
    {
        var done = new TaskCompletionSource();
        var working = new CandidateLease(_one, "one", _time).DoAsync(_ => done.Task, default);

        (await new CandidateLease(_two, "two", _time).DoAsync(_ => throw new InvalidOperationException("both at once"), default)).ShouldBeFalse();
        done.SetResult();
        (await working).ShouldBeTrue();
        (await new CandidateLease(_two, "two", _time).DoAsync(_ => Task.CompletedTask, default)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_host_that_died_loses_the_lease_a_minute_later()
    {
        await _one.TryLeaseAsync("candidates", "one", _time.GetUtcNow(), TimeSpan.FromMinutes(1), default);
        var other = new CandidateLease(_two, "two", _time);

        _time.Advance(TimeSpan.FromSeconds(59));
        (await other.DoAsync(_ => Task.CompletedTask, default)).ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(2));
        (await other.DoAsync(_ => Task.CompletedTask, default)).ShouldBeTrue();
    }

    [Fact]
    public async Task Long_work_keeps_the_lease()
    {
        var done = new TaskCompletionSource();
        var working = new CandidateLease(_one, "one", _time).DoAsync(_ => done.Task, default);
        for (var renewal = 0; renewal < 8; renewal++)
        {
            await RenewalIsSetAsync();
            _time.Advance(TimeSpan.FromSeconds(15));
        }

        await RenewalIsSetAsync();
        (await new CandidateLease(_two, "two", _time).DoAsync(_ => Task.CompletedTask, default)).ShouldBeFalse();
        done.SetResult();
        (await working).ShouldBeTrue();
    }

    [Fact]
    public async Task Work_that_fails_gives_the_lease_up()
    {
        await Should.ThrowAsync<InvalidOperationException>(new CandidateLease(_one, "one", _time).DoAsync(_ => throw new InvalidOperationException("broken"), default));

        (await new CandidateLease(_two, "two", _time).DoAsync(_ => Task.CompletedTask, default)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_renewal_that_fails_is_tried_again_while_the_lease_lasts()
    {
        await using var store = OpenImpatient();
        var done = new TaskCompletionSource();
        var working = new CandidateLease(store, "one", _time).DoAsync(token => done.Task.WaitAsync(token), default);
        await RenewalsAsync(1);
        using (var other = Locked())
            await RenewalsAsync(2);

        await RenewalsAsync(3);

        (await new CandidateLease(_two, "two", _time).DoAsync(_ => Task.CompletedTask, default)).ShouldBeFalse();
        done.SetResult();
        (await working).ShouldBeTrue();
        (await new CandidateLease(_two, "two", _time).DoAsync(_ => Task.CompletedTask, default)).ShouldBeTrue();
    }

    [Fact]
    public async Task Work_is_cancelled_before_a_lease_that_cannot_be_renewed_runs_out()
    {
        await using var store = OpenImpatient();
        var working = new CandidateLease(store, "one", _time).DoAsync(token => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token), default);
        await RenewalsAsync(0);
        using (var other = Locked())
        {
            await RenewalsAsync(2);
            working.IsCompleted.ShouldBeFalse();
            _time.Advance(TimeSpan.FromSeconds(23));
            (await working).ShouldBeFalse();
        }

        var two = new CandidateLease(_two, "two", _time);
        (await two.DoAsync(_ => Task.CompletedTask, default)).ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(16));
        (await two.DoAsync(_ => Task.CompletedTask, default)).ShouldBeTrue();
    }

    [Fact]
    public async Task Work_is_cancelled_where_another_host_has_taken_the_lease()
    {
        var working = new CandidateLease(_one, "one", _time).DoAsync(token => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token), default);
        await _two.TryLeaseAsync("candidates", "two", _time.GetUtcNow().AddHours(1), TimeSpan.FromMinutes(1), default);

        await RenewalIsSetAsync();
        _time.Advance(TimeSpan.FromSeconds(15));

        (await working).ShouldBeFalse();
    }

    [Fact]
    public async Task A_stop_gives_the_lease_up_once_the_work_is_over()
    {
        var (begun, done) = (new TaskCompletionSource(), new TaskCompletionSource());
        using var stop = new CancellationTokenSource();
        var working = new CandidateLease(_one, "one", _time).DoAsync(_ =>
        {
            begun.SetResult();
            return done.Task;
        }, stop.Token);
        await begun.Task;

        await stop.CancelAsync();
        (await new CandidateLease(_two, "two", _time).DoAsync(_ => Task.CompletedTask, default)).ShouldBeFalse();
        done.SetResult();
        (await working).ShouldBeTrue();
        (await new CandidateLease(_two, "two", _time).DoAsync(_ => Task.CompletedTask, default)).ShouldBeTrue();
    }

    /// <summary>Each of them is over, tried or done, when the next is waited for.</summary>
    async Task RenewalsAsync(int count)
    {
        for (var renewal = 0; renewal < count; renewal++)
        {
            await RenewalIsSetAsync();
            _time.Advance(TimeSpan.FromSeconds(15));
        }

        await RenewalIsSetAsync();
    }

    /// <summary>The other timer, of the lease's end, is not due before.</summary>
    Task RenewalIsSetAsync() => Eventually.TrueAsync(() => _time.UntilNextTimer() == TimeSpan.FromSeconds(15));

    /// <summary>The store's file, which nobody else can write until it is closed.</summary>
    SqliteFile Locked()
    {
        var file = SqliteFile.Open(Path.Combine(_folder, "fraudstreams.db"), SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        file.Execute("BEGIN IMMEDIATE");
        return file;
    }

    PredictionStore OpenImpatient() => Predictions.Open(new SqliteStoreSettings(_folder) { LockTimeout = TimeSpan.FromMilliseconds(1) });

    PredictionStore Open() => Predictions.Open(new SqliteStoreSettings(_folder));
}
