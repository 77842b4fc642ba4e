using Akka.Actor;
using Akka.Event;

namespace FraudStreams.Alerting.Outbox;

/// <summary>
/// Keeps one <see cref="AlertOutbox"/> for each partition of `predictions` that this host has. A desk that stopped over its journal is opened again
/// after a pause that grows.
/// </summary>
sealed class AlertOutboxes : ReceiveActor, IWithTimers
{
    static readonly TimeSpan HeldPoll = TimeSpan.FromMilliseconds(500);

    readonly DeliveryContext _office;
    readonly AlertJournalTables _journal;
    readonly ILoggingAdapter _log = Context.GetLogger();
    readonly Dictionary<int, Place> _places = [];
    IActorRef? _asksForAll;
    bool _isPrepared;
    bool _isPreparing;
    int _failures;

    public AlertOutboxes(DeliveryContext office, AlertJournalTables journal)
    {
        _office = office;
        _journal = journal;
        Receive<OpenOutbox>(open => Open(open.Partition));
        Receive<CloseOutbox>(close => Close(close.Partition));
        Receive<CloseOutboxes>(_ => CloseAll());
        Receive<EnqueueAlerts>(Raise);
        Receive<FlushDigests>(hurry => TellAll(hurry));
        Receive<DeskStepsBack>(StepBack);
        Receive<Terminated>(gone => Gone(gone.ActorRef));
        Receive<Reopen>(again => OpenAgain(again.Partition));
        Receive<JournalIsPrepared>(_ => Prepared());
        Receive<Status.Failure>(NotPrepared);
        Receive<PrepareAgain>(_ => Prepare());
    }

    /// <summary>A desk that cannot begin now. It is stopped from here, behind all that was passed on to it, so that it still answers that.</summary>
    /// <param name="IsHeld">Another host had it and did not close it: it opens again when that host had its time.</param>
    public sealed record DeskStepsBack(int Partition, bool IsHeld);

    sealed record Reopen(int Partition);

    sealed record JournalIsPrepared;

    sealed record PrepareAgain;

    /// <summary>One partition's desk, or the place for it while there is none.</summary>
    sealed class Place
    {
        public IActorRef? Desk;
        public bool IsWanted = true;
        public bool IsHeld;
        public bool StepsBack;
        public bool WaitsForJournal;

        /// <summary>Who was passed on to the desk last: a desk that fails takes what it was asked with it.</summary>
        public IActorRef Asks = ActorRefs.Nobody;
        public DateTimeOffset? HeldSince;
        public int Failures;
        public DateTimeOffset OpenedAt;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(DeliveryContext office, AlertJournalTables journal) => Akka.Actor.Props.Create(() => new AlertOutboxes(office, journal));

    void Open(int partition)
    {
        _office.Gauge.Opened(partition);
        if (_places.TryGetValue(partition, out var place))
            place.IsWanted = true;
        else
            Start(partition, _places[partition] = new Place());
    }

    /// <summary>Before the first desk, and after one that failed, the journal's tables are looked at; until that works all desks wait.</summary>
    void Start(int partition, Place place)
    {
        if (!_isPrepared)
        {
            place.WaitsForJournal = true;
            Prepare();
            return;
        }

        var (office, waited) = (_office, _office.Time.GetUtcNow() - place.HeldSince >= _office.TakeoverWait);
        (place.OpenedAt, place.StepsBack) = (_office.Time.GetUtcNow(), false);
        place.Desk = Context.Watch(Context.ActorOf(Akka.Actor.Props.Create(() => new AlertOutbox(office, partition, waited))));
    }

    void Close(int partition)
    {
        // One that is closing was told so already.
        if (!_places.TryGetValue(partition, out var place) || !place.IsWanted)
            return;
        place.IsWanted = false;
        if (place.Desk is { } desk)
            desk.Tell(new CloseOutbox(partition));
        else
            Left(partition);
    }

    void CloseAll()
    {
        _asksForAll = Sender;
        foreach (var partition in _places.Keys.ToArray())
            Close(partition);
        AnswerIfAllClosed();
    }

    void Raise(EnqueueAlerts raise)
    {
        if (_places.GetValueOrDefault(raise.Partition) is { Desk: { } desk, IsWanted: true, StepsBack: false } place)
        {
            place.Asks = Sender;
            desk.Forward(raise);
        }
        else
            Sender.Tell(new OutboxFull());
    }

    void StepBack(DeskStepsBack back)
    {
        // One that was told to close meanwhile may be gone already.
        if (!_places.TryGetValue(back.Partition, out var place) || !Sender.Equals(place.Desk))
            return;
        (place.StepsBack, place.IsHeld) = (true, back.IsHeld);
        Sender.Tell(PoisonPill.Instance);
    }

    void TellAll(object message)
    {
        foreach (var place in _places.Values)
            place.Desk?.Tell(message);
    }

    void Gone(IActorRef desk)
    {
        var (partition, place) = _places.First(entry => desk.Equals(entry.Value.Desk));
        place.Desk = null;
        place.Asks.Tell(new OutboxFull());
        place.Asks = ActorRefs.Nobody;
        var now = _office.Time.GetUtcNow();
        if (!place.IsWanted)
        {
            Left(partition);
            return;
        }

        _office.Gauge.Opened(partition);
        if (place.IsHeld)
        {
            place.IsHeld = false;
            if (place.HeldSince is null)
                _log.Info("Another process has the alerts of partition {0}: they go on from here when it has closed them, or in {1:0.#} s", partition, _office.TakeoverWait.TotalSeconds);
            place.HeldSince ??= now;
            Timers.StartSingleTimer(partition, new Reopen(partition), HeldPoll);
            return;
        }

        place.HeldSince = null;
        _isPrepared = false;
        place.Failures = now - place.OpenedAt > _office.Settings.Retry.Max ? 1 : place.Failures + 1;
        Timers.StartSingleTimer(partition, new Reopen(partition), _office.Settings.Retry.Pause(place.Failures));
    }

    void Prepare()
    {
        if (_isPrepared || _isPreparing)
            return;
        _isPreparing = true;
        _ = PrepareJournalAsync().PipeTo(Self);
    }

    async Task<JournalIsPrepared> PrepareJournalAsync()
    {
        await _journal.PrepareAsync(CancellationToken.None);
        return new JournalIsPrepared();
    }

    void Prepared()
    {
        (_isPrepared, _isPreparing, _failures) = (true, false, 0);
        foreach (var (partition, place) in _places.Where(entry => entry.Value.WaitsForJournal).ToArray())
        {
            place.WaitsForJournal = false;
            OpenAgain(partition);
        }
    }

    void NotPrepared(Status.Failure failure)
    {
        _isPreparing = false;
        var pause = _office.Settings.Retry.Pause(++_failures);
        if (System.Numerics.BitOperations.IsPow2(_failures))
            _log.Warning("The journal of alerts cannot be opened: {0}. Alerts wait, and it is tried again in {1:0.#} s", failure.Cause.Message, pause.TotalSeconds);
        Timers.StartSingleTimer(nameof(PrepareAgain), new PrepareAgain(), pause);
    }

    void OpenAgain(int partition)
    {
        if (_places.TryGetValue(partition, out var place) && place.Desk is null && place.IsWanted)
            Start(partition, place);
    }

    /// <summary>A partition that came back while its desk was closing gets a new one.</summary>
    void Left(int partition)
    {
        Timers.Cancel(partition);
        _places.Remove(partition);
        _office.Gauge.Closed(partition);
        AnswerIfAllClosed();
    }

    void AnswerIfAllClosed()
    {
        if (_places.Count > 0)
            return;
        _asksForAll?.Tell(new OutboxesClosed());
        _asksForAll = null;
    }
}
