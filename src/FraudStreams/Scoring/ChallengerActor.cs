using Akka.Actor;
using Akka.Event;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;

namespace FraudStreams.Scoring;

/// <summary>
/// Has the challenger score what the champion has scored and published, one batch at a time, and publishes what it says to `shadow`. The challenger runs on
/// a thread of its own that may be left behind: whatever it does, throw, hang, allocate, return NaN, the champion's batches are not waiting for it. One
/// that fails too often in a row is given up, which the <see cref="RegistryFollower"/> writes to the history.
/// </summary>
sealed class ChallengerActor : ReceiveActor, IWithTimers
{
    readonly ShadowQueue _queue;
    readonly IMessageLog _topics;
    readonly ScoringSettings _settings;
    readonly StreamMetrics _metrics;
    readonly ProbationWatch _watch;
    readonly TimeProvider _time;
    readonly ILoggingAdapter _log = Context.GetLogger();
    readonly Queue<TransactionBatch> _waiting = new();
    readonly List<IActorRef> _finishing = [];
    ChallengerScoring? _scoring;
    IActorRef _reportsTo = ActorRefs.Nobody;
    int _failuresInARow;
    bool _isWarned;
    bool _isPublishFailing;
    bool _isLate;

    /// <summary>The batch that is scored or published; what comes back with another number belongs to a challenger that is none any more.</summary>
    long _number;
    (long Number, int Payments)? _running;

    public ChallengerActor(ShadowQueue queue, IMessageLog topics, ScoringSettings settings, StreamMetrics metrics, ProbationWatch watch, TimeProvider time)
    {
        (_queue, _topics, _settings, _metrics, _watch, _time) = (queue, topics, settings, metrics, watch, time);
        Receive<UseChallenger>(use => Use(use));
        Receive<ShadowBatch>(shadow =>
        {
            _waiting.Enqueue(shadow.Batch);
            Next();
        });
        Receive<Scored>(OnScored);
        Receive<ScoringBroke>(OnBroke);
        Receive<IsLate>(late => late.Number == _running?.Number, _ => OnLate());
        Receive<Published>(published => published.Number == _running?.Number, OnPublished);
        Receive<FinishShadow>(_ =>
        {
            _finishing.Add(Sender);
            Next();
        });
    }

    /// <summary>The batch is no longer read: it may go back to its pool.</summary>
    sealed record Scored(long Number, TransactionBatch Batch, ShadowScored Result);

    /// <inheritdoc cref="Scored"/>
    sealed record ScoringBroke(long Number, TransactionBatch Batch, Exception Cause);

    sealed record IsLate(long Number);

    /// <param name="Failure">Null where it is published.</param>
    sealed record Published(long Number, ShadowScored Result, Exception? Failure);

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(ShadowQueue queue, IMessageLog topics, ScoringSettings settings, StreamMetrics metrics, ProbationWatch watch, TimeProvider time) =>
        Akka.Actor.Props.Create(() => new ChallengerActor(queue, topics, settings, metrics, watch, time));

    protected override void PostStop() => _queue.Close();

    /// <summary>What the former one has under way is dropped, since it may hang.</summary>
    void Use(UseChallenger use)
    {
        _reportsTo = Sender;
        if (_running is { } running)
        {
            _metrics.ShadowDropped(running.Payments);
            End();
        }

        (_scoring, _failuresInARow, _isWarned) = (use.Model is { } model ? new ChallengerScoring(model, _settings.Reasons) : null, 0, false);
        _metrics.ChallengerVersion = use.Model?.Version;
        _metrics.ShadowTimes.Clear();
        if (use.Model is null)
            _queue.Close();
        else
            _queue.Open(Self);
        Next();
    }

    void Next()
    {
        while (_running is null && _waiting.TryDequeue(out var batch))
        {
            if (_scoring is { } scoring && scoring.Version != batch.Scored!.ModelVersion)
            {
                Start(scoring, batch);
                return;
            }

            // The champion's own batches from before it became the challenger, or what came when there was none any more.
            batch.Return();
            _queue.Release();
        }

        if (_running is not null)
            return;
        foreach (var asked in _finishing)
            asked.Tell(new ShadowFinished());
        _finishing.Clear();
    }

    void Start(ChallengerScoring scoring, TransactionBatch batch)
    {
        var number = ++_number;
        _running = (number, batch.Rows.Count);
        Timers.StartSingleTimer(nameof(IsLate), new IsLate(number), _settings.AskTimeout);
        _ = RunAsync(scoring, batch, number, Self);
    }

    /// <summary>On a thread of its own: one of a pool that never comes back would be missed by others.</summary>
    async Task RunAsync(ChallengerScoring scoring, TransactionBatch batch, long number, IActorRef self)
    {
        try
        {
            var result = await Task.Factory.StartNew(
                () => scoring.Score(batch, _time.GetUtcNow()), CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
            self.Tell(new Scored(number, batch, result), ActorRefs.NoSender);
        }
        catch (Exception e)
        {
            self.Tell(new ScoringBroke(number, batch, e), ActorRefs.NoSender);
        }
    }

    void OnScored(Scored scored)
    {
        scored.Batch.Return();
        if (scored.Number != _running?.Number || _isLate)
        {
            scored.Result.Records.Dispose();
            if (scored.Number == _running?.Number)
                Drop();
            return;
        }

        Timers.Cancel(nameof(IsLate));
        _failuresInARow = 0;
        _ = PublishAsync(scored.Number, scored.Result, Self);
    }

    async Task PublishAsync(long number, ShadowScored result, IActorRef self)
    {
        try
        {
            await _topics.PublishAsync(result.Records, CancellationToken.None);
            self.Tell(new Published(number, result, null), ActorRefs.NoSender);
        }
        catch (Exception e)
        {
            self.Tell(new Published(number, result, e), ActorRefs.NoSender);
        }
    }

    void OnPublished(Published published)
    {
        var result = published.Result;
        if (published.Failure is { } failure)
        {
            if (!_isPublishFailing)
                _log.Warning("The challenger's scores cannot be published: they are dropped until they can ({Reason})", failure.Message);
            _isPublishFailing = true;
            Drop();
            return;
        }

        if (_isPublishFailing)
            _log.Info("The challenger's scores can be published again");
        _isPublishFailing = false;
        _metrics.ShadowScored(_running!.Value.Payments, result.Disagreements, result.Took);
        _watch.Compared(result.ChampionVersion, result.ModelVersion, _running.Value.Payments, result.ChampionFrauds, result.Frauds);
        End();
        Next();
    }

    void OnBroke(ScoringBroke broke)
    {
        broke.Batch.Return();
        if (broke.Number != _running?.Number)
            return;
        if (!_isLate)
            Failed(broke.Cause.GetBaseException().Message);
        Drop();
    }

    /// <summary>It hangs, or is too slow: after each further such time that is another failure.</summary>
    void OnLate()
    {
        Late(true);
        Timers.StartSingleTimer(nameof(IsLate), new IsLate(_number), _settings.AskTimeout);
        Failed($"it has not scored a batch of {_running!.Value.Payments:N0} payments within {_settings.AskTimeout.TotalSeconds:0.###} s");
    }

    void Failed(string why)
    {
        _failuresInARow++;
        if (!_isWarned)
        {
            _log.Warning("Challenger {Version} failed, and is stood down after {Limit} failures in a row; no prediction is affected: {Reason}", _scoring!.Version,
                _settings.FailuresBeforeFallback, why);
        }

        _isWarned = true;
        if (_failuresInARow < _settings.FailuresBeforeFallback)
            return;
        _log.Warning("Challenger {Version} failed {Failures} times in a row and is stood down: {Reason}", _scoring!.Version, _failuresInARow, why);
        _reportsTo.Tell(new ChallengerGivenUp(_scoring.Version, $"it failed {_failuresInARow} times in a row in the shadow of the champion: {why}"));
        _queue.Close();
        (_scoring, _metrics.ChallengerVersion) = (null, null);
        Drop();
    }

    /// <summary>What runs is not compared. A challenger that still scores it runs on, and is not listened to.</summary>
    void Drop()
    {
        if (_running is { } running)
        {
            _metrics.ShadowDropped(running.Payments);
            End();
        }

        Next();
    }

    void End()
    {
        Timers.Cancel(nameof(IsLate));
        _running = null;
        Late(false);
        _queue.Release();
    }

    void Late(bool isLate)
    {
        _isLate = isLate;
        _queue.Late(isLate);
    }
}
