using Akka.Actor;
using Akka.Event;

namespace FraudStreams.Alerting.Outbox;

/// <summary>
/// Parent of one <see cref="AlertOutbox"/> for each partition of `predictions` that is assigned to this host. An outbox that stopped because of its
/// journal is started again with exponential backoff.
/// </summary>
sealed class AlertOutboxes : ReceiveActor, IWithTimers
{
    static readonly TimeSpan HeldPollInterval = TimeSpan.FromMilliseconds(500);

    readonly DeliveryContext _context;
    readonly AlertJournalTables _journal;
    readonly ILoggingAdapter _log = Context.GetLogger();
    readonly Dictionary<int, Entry> _entries = [];
    IActorRef? _closeRequester;
    bool _isPrepared;
    bool _isPreparing;
    int _failures;

    public AlertOutboxes(DeliveryContext context, AlertJournalTables journal)
    {
        _context = context;
        _journal = journal;
        Receive<OpenOutbox>(Open);
        Receive<CloseOutbox>(close =>
        {
            if (_entries.TryGetValue(close.Partition, out var entry) && entry.Owner == close.Owner) Close(close.Partition, close.IsRevoked);
        });
        Receive<CloseOutboxes>(_ => CloseAll());
        Receive<EnqueueAlerts>(Enqueue);
        Receive<FlushDigests>(flush => TellAll(flush));
        Receive<OutboxCannotStart>(StopOutbox);
        Receive<Terminated>(terminated => OnTerminated(terminated.ActorRef));
        Receive<Reopen>(again => OpenAgain(again.Partition));
        Receive<JournalIsPrepared>(_ => Prepared());
        Receive<Status.Failure>(NotPrepared);
        Receive<PrepareAgain>(_ => Prepare());
    }

    /// <summary>Sent by an outbox that cannot start now. Its parent stops it behind all messages forwarded before, so that it still answers those.</summary>
    /// <param name="HeldWith">The opening of another host that has not closed it: it is opened again once that host had its time.</param>
    public sealed record OutboxCannotStart(int Partition, long? HeldWith);

    sealed record Reopen(int Partition);

    sealed record JournalIsPrepared;

    sealed record PrepareAgain;

    /// <summary>One partition's outbox, and its state while no actor runs.</summary>
    sealed class Entry
    {
        public IActorRef? Outbox;
        public object? Owner;
        public bool IsAssigned = true;
        public bool IsRevoked;
        public long? HeldWith;
        public bool IsStopping;
        public bool WaitsForJournal;

        /// <summary>Sender of the last forwarded request: an outbox that fails leaves it unanswered.</summary>
        public IActorRef LastSender = ActorRefs.Nobody;

        /// <summary>The opening that is waited for, and since when: one that was closed meanwhile and followed by another is waited for anew.</summary>
        public (long Opening, DateTimeOffset Since)? Waiting;
        public int Failures;
        public DateTimeOffset OpenedAt;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(DeliveryContext context, AlertJournalTables journal) => Akka.Actor.Props.Create(() => new AlertOutboxes(context, journal));

    void Open(OpenOutbox open)
    {
        _context.Pending.Opened(open.Partition);

        // The stream is another one: what still closes for the one before is theirs to whom its partition is assigned.
        foreach (var closing in _entries.Values.Where(entry => !entry.IsAssigned))
            closing.IsRevoked = true;
        if (_entries.TryGetValue(open.Partition, out var entry))
            (entry.Owner, entry.IsAssigned) = (open.Owner, true);
        else
            Start(open.Partition, _entries[open.Partition] = new Entry { Owner = open.Owner });
    }

    /// <summary>Before the first outbox, and after one that failed, the journal's tables are prepared; until that succeeds no outbox starts.</summary>
    void Start(int partition, Entry entry)
    {
        if (!_isPrepared)
        {
            entry.WaitsForJournal = true;
            Prepare();
            return;
        }

        var (context, now) = (_context, _context.SteadyNow);
        var expired = entry.Waiting is { } waiting && now - waiting.Since >= _context.TakeoverWait ? waiting.Opening : (long?)null;
        (entry.OpenedAt, entry.IsStopping) = (now, false);
        entry.Outbox = Context.Watch(Context.ActorOf(Akka.Actor.Props.Create(() => new AlertOutbox(context, partition, expired))));
    }

    void Close(int partition, bool isRevoked = false)
    {
        // Not assigned, or closing already.
        if (!_entries.TryGetValue(partition, out var entry) || !entry.IsAssigned)
            return;
        (entry.IsAssigned, entry.IsRevoked) = (false, isRevoked);
        if (entry.Outbox is { } outbox)
            outbox.Tell(new FinishOutbox());
        else
            Closed(partition, entry);
    }

    void CloseAll()
    {
        _closeRequester = Sender;
        foreach (var partition in _entries.Keys.ToArray())
            Close(partition);
        AnswerIfAllClosed();
    }

    void Enqueue(EnqueueAlerts enqueue)
    {
        if (_entries.GetValueOrDefault(enqueue.Partition) is { Outbox: { } outbox, IsAssigned: true, IsStopping: false } entry)
        {
            entry.LastSender = Sender;
            outbox.Forward(enqueue);
        }
        else
            Sender.Tell(new OutboxFull());
    }

    void StopOutbox(OutboxCannotStart cannot)
    {
        // An outbox that was closed meanwhile may have stopped already.
        if (!_entries.TryGetValue(cannot.Partition, out var entry) || !Sender.Equals(entry.Outbox))
            return;
        (entry.IsStopping, entry.HeldWith) = (true, cannot.HeldWith);
        Sender.Tell(PoisonPill.Instance);
    }

    void TellAll(object message)
    {
        foreach (var entry in _entries.Values)
            entry.Outbox?.Tell(message);
    }

    void OnTerminated(IActorRef outbox)
    {
        var (partition, entry) = _entries.First(pair => outbox.Equals(pair.Value.Outbox));
        entry.Outbox = null;
        entry.LastSender.Tell(new OutboxFull());
        entry.LastSender = ActorRefs.Nobody;
        var now = _context.SteadyNow;
        if (!entry.IsAssigned)
        {
            Closed(partition, entry);
            return;
        }

        _context.Pending.Opened(partition);
        if (entry.HeldWith is { } opening)
        {
            entry.HeldWith = null;
            if (entry.Waiting is null)
                _log.Info("Another process has the alerts of partition {Partition}: this one takes over when it has closed them, or in {Seconds:0.#} s", partition, _context.TakeoverWait.TotalSeconds);
            if (entry.Waiting?.Opening != opening)
                entry.Waiting = (opening, now);
            Timers.StartSingleTimer(partition, new Reopen(partition), HeldPollInterval);
            return;
        }

        entry.Waiting = null;
        _isPrepared = false;
        entry.Failures = now - entry.OpenedAt > _context.Settings.Retry.Max ? 1 : entry.Failures + 1;
        Timers.StartSingleTimer(partition, new Reopen(partition), _context.Settings.Retry.Pause(entry.Failures));
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

        // An outbox that waits for it shows whether it works as well: a database that is full answers, and takes nothing.
        if (!_entries.Values.Any(entry => entry.WaitsForJournal))
            _context.JournalWorked();
        foreach (var (partition, entry) in _entries.Where(pair => pair.Value.WaitsForJournal).ToArray())
        {
            entry.WaitsForJournal = false;
            OpenAgain(partition);
        }
    }

    void NotPrepared(Status.Failure failure)
    {
        _context.JournalFailed($"it cannot be opened: {failure.Cause.Message}");
        _isPreparing = false;
        Timers.StartSingleTimer(nameof(PrepareAgain), new PrepareAgain(), _context.Settings.Retry.Pause(++_failures));
    }

    void OpenAgain(int partition)
    {
        if (_entries.TryGetValue(partition, out var entry) && entry.Outbox is null && entry.IsAssigned)
            Start(partition, entry);
    }

    /// <summary>The outbox is closed: a partition that is assigned again later gets a new one.</summary>
    void Closed(int partition, Entry entry)
    {
        Timers.Cancel(partition);
        _entries.Remove(partition);
        _context.Pending.Closed(partition, entry.IsRevoked);
        AnswerIfAllClosed();
    }

    void AnswerIfAllClosed()
    {
        if (_entries.Count > 0)
            return;
        _closeRequester?.Tell(new OutboxesClosed());
        _closeRequester = null;
    }
}
