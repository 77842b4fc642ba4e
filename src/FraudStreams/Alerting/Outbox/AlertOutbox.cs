using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using FraudStreams.Alerting.Channels;
using FraudStreams.Diagnostics;

namespace FraudStreams.Alerting.Outbox;

/// <summary>
/// The outbox of one partition of `predictions`, event-sourced: an alert is raised, then settled by each channel, and both are persisted before anything
/// depends on them. Alerts that were raised and not settled when an outbox stopped are delivered by the next one, on any host. Two cannot be active at
/// once: both would write events with the same sequence numbers, which the journal rejects.
/// </summary>
sealed class AlertOutbox : ReceivePersistentActor, IWithTimers
{
    static readonly TimeSpan LogRetry = TimeSpan.FromSeconds(1);
    static readonly TimeSpan CleanInterval = TimeSpan.FromHours(1);

    readonly DeliveryContext _context;
    readonly int _partition;
    readonly long? _expiredOpening;
    readonly DeliveryLog _deliveryLog;
    readonly OutboxState _state;
    readonly ILoggingAdapter _log = Context.GetLogger();
    readonly ChannelDeliveries _deliveries;
    readonly SnapshotRetention _snapshots;
    readonly SettlementBatcher _settlements = new();
    bool _isReady;
    bool _isLogging;
    DateTimeOffset? _closesAt;

    /// <param name="expiredOpening">The opening of another host that had its time to finish: see <see cref="OutboxState.OpenedWith"/>.</param>
    public AlertOutbox(DeliveryContext context, int partition, long? expiredOpening)
    {
        _context = context;
        _partition = partition;
        _expiredOpening = expiredOpening;
        _deliveryLog = context.LogOf(partition);
        _state = new OutboxState(context.Settings.MaxKnownIds);
        _snapshots = new SnapshotRetention(context.Settings.JournalKeep);
        _deliveries = new ChannelDeliveries(context, Self);

        Recover<SnapshotOffer>(offer => Restore((byte[])offer.Snapshot));
        Recover<byte[]>(json => Apply(OutboxEvent.From(json)));
        Recover<RecoveryCompleted>(_ => FindLastLogged());

        Command<LastLogged>(last => TakeOver(last.Number));
        Command<EnqueueAlerts>(Enqueue);
        Command<ChannelDeliveries.Sent>(OnSent);
        Command<Logged>(OnLogged);
        Command<LogFailed>(failed => RetryLog(failed.Cause));
        Command<FlushDigests>(_ =>
        {
            _deliveries.FlushDigests();
            SendDue();
        });
        Command<FinishOutbox>(_ => Close());
        Command<Tick>(_ => SendDue());
        Command<SlotGranted>(_ => SendDue());
        Command<Clean>(_ =>
        {
            if (_snapshots.IsDueByAge(WallClock)) Save();
        });
        Command<SaveSnapshotSuccess>(Saved);
        Command<SaveSnapshotFailure>(failed => _log.Warning("The snapshot of the outbox could not be saved; it is tried again later: {Reason}", failed.Cause.GetBaseException().Message));
        Command<DeleteMessagesFailure>(failed => CannotClean(failed.Cause));
        Command<DeleteSnapshotsFailure>(failed => CannotClean(failed.Cause));
        Command<DeleteMessagesSuccess>(_ => { });
        Command<DeleteSnapshotsSuccess>(_ => { });
    }

    sealed record LastLogged(long Number);

    sealed record Logged(ImmutableArray<SettledAlert> Alerts);

    sealed record LogFailed(Exception Cause);

    sealed record Tick
    {
        public static readonly Tick Instance = new();
    }

    sealed record Clean
    {
        public static readonly Clean Instance = new();
    }

    sealed record Snapshot([property: JsonPropertyName("book")] OutboxState.State State, ImmutableArray<SnapshotRetention.Entry> Snapshots);

    public ITimerScheduler Timers { get; set; } = null!;

    public override string PersistenceId => $"alerts-{_partition}";

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        _context.JournalFailed($"it cannot be written: {cause.GetBaseException().Message}");

        // The pipeline waits, as it does for an outbox that is full: the journal's outage is not its own.
        Sender.Tell(new OutboxFull());
    }

    /// <summary>
    /// The plugin also rejects single events when it cannot reach the journal, and the actor would go on: its state and the journal would diverge.
    /// </summary>
    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        OnPersistFailure(cause, @event, sequenceNr);
        Context.Stop(Self);
    }

    protected override void OnRecoveryFailure(Exception reason, object? message = null)
    {
        _context.JournalFailed($"it cannot be read: {reason.GetBaseException().Message}");
    }

    protected override void PostStop()
    {
        _deliveries.ReleaseAll();
        base.PostStop();
    }

    void FindLastLogged() => _ = _deliveryLog.LastAsync().PipeTo(Self, success: last => new LastLogged(last), failure: cause => new LogFailed(cause));

    /// <summary>Where another host may still be sending, it gets time to finish and persist the outcomes before this one recovers again and begins.</summary>
    void TakeOver(long lastLogged)
    {
        // A lost journal begins anew beside topics that did not: its numbers continue from the position in the delivery log.
        var last = lastLogged - _state.RecordsFrom;
        var isNewJournal = last > LastSequenceNr;
        _state.MarkLogged(isNewJournal ? 0 : last);
        if (_state.Holder is { } holder && _state.OpenedWith != _expiredOpening && _context.MayStillSend(holder))
        {
            Context.Parent.Tell(new AlertOutboxes.OutboxCannotStart(_partition, HeldWith: _state.OpenedWith));
            return;
        }

        PersistEvents([new OutboxOpened(_context.Holder, WallClock, isNewJournal ? lastLogged : _state.RecordsFrom)], _ => Begin());
    }

    void Begin()
    {
        _isReady = true;
        _context.JournalWorked();
        Timers.StartPeriodicTimer(nameof(Clean), Clean.Instance, CleanInterval);
        foreach (var open in _state.Open)
        {
            foreach (var channel in open.Channels.Except(open.Settled.Select(settled => settled.Channel)))
                Schedule(open.Number, open.Alert, channel);
        }

        SendDue();
    }

    void Enqueue(EnqueueAlerts enqueue)
    {
        if (!_isReady || _closesAt is not null || _state.Open.Count >= _context.Settings.Waiting)
        {
            Sender.Tell(new OutboxFull());
            return;
        }

        var channels = _context.Channels.Select(channel => channel.Name).ToImmutableArray();
        var events = enqueue.Alerts.Where(_state.IsNew).DistinctBy(alert => alert.TransactionId)
            .Select(alert => new AlertRaised(alert, channels, WallClock)).ToImmutableArray<OutboxEvent>();
        if (events.IsEmpty)
        {
            Sender.Tell(new AlertsEnqueued());
            return;
        }

        var remaining = events.Length;
        PersistEvents(events, persisted =>
        {
            foreach (var channel in channels)
                Schedule(LastSequenceNr, ((AlertRaised)persisted).Alert, channel);
            if (--remaining > 0)
                return;
            SendDue();
            Sender.Tell(new AlertsEnqueued());
        });
    }

    void Schedule(long number, Alert alert, string name)
    {
        if (!_deliveries.Add(number, alert, name))
            Settle(new AlertsSettled(name, name, [number], null, [new Refusal("", $"channel {name} is not configured any more")], WallClock), null);
    }

    void SendDue()
    {
        var next = _isReady && !(_closesAt <= Now) ? _deliveries.SendDue() : null;
        if (next is { } at)
            Timers.StartSingleTimer(nameof(Tick), Tick.Instance, at > Now ? at - Now : TimeSpan.Zero);
        LogSettled();
        _context.Pending.Set(_partition, _state.Open.Count + _state.Unlogged.Count);
        StopIfDone();
    }

    void OnSent(ChannelDeliveries.Sent sent)
    {
        if (_deliveries.TrySettle(sent, out var messageId, out var refusals))
        {
            var (transport, attempt) = (sent.Channel.Transport.Channel, sent.Attempt);
            foreach (var refusal in refusals)
                _log.Warning("{Channel} refused {Message} for good; it goes to topic undelivered: {Reason}", transport, attempt.Message.Name, refusal.Reason);
            Settle(new AlertsSettled(sent.Channel.Name, transport, attempt.Numbers, messageId, refusals, WallClock), attempt.Message);
        }

        SendDue();
    }

    void Settle(AlertsSettled settled, AlertMessage? message)
    {
        _settlements.Add(settled, message);
        PersistSettlements();
    }

    void PersistSettlements()
    {
        if (!_settlements.TryTake(out var batch))
            return;
        var @event = new SettlementsNoted([.. batch.Select(settlement => settlement.Settled)]);
        PersistAsync(@event.ToBytes(), _ =>
        {
            _settlements.Persisted();
            _context.JournalWorked();
            Apply(@event);
            foreach (var (settled, message) in batch)
            {
                if (message is not null)
                    _deliveries.Release(settled.Channel, message);
            }

            PersistSettlements();
            SendDue();
        });
    }

    void PersistEvents(ImmutableArray<OutboxEvent> events, Action<OutboxEvent> persisted)
    {
        var next = 0;
        PersistAll(events.Select(@event => @event.ToBytes()), _ =>
        {
            var @event = events[next++];
            Apply(@event);
            persisted(@event);
        });
    }

    void Apply(OutboxEvent @event)
    {
        _state.Apply(@event, LastSequenceNr);
        if (_snapshots.IsDueAfterEvent(_state.Open.Count) && IsRecoveryFinished)
            Save();
    }

    void LogSettled()
    {
        if (_isLogging || !_isReady || _state.Unlogged.Count == 0)
            return;
        _isLogging = true;
        var alerts = _state.FirstUnlogged(DeliveryLog.BatchSize);
        _ = _deliveryLog.WriteAsync(alerts, _state.RecordsFrom + alerts[^1].Number).PipeTo(Self, success: () => new Logged(alerts), failure: cause => new LogFailed(cause));
    }

    void OnLogged(Logged logged)
    {
        _isLogging = false;
        LogErrors.Over();
        _state.MarkLogged(logged.Alerts[^1].Number);
        foreach (var alert in logged.Alerts)
        {
            foreach (var settled in alert.Settled)
                _context.Metrics.Alert(settled.Channel, settled.MessageId is null ? "refused" : "delivered");
            if (alert.Settled.All(settled => settled.MessageId is null))
                continue;
            _context.Metrics.Alerted();
            if (alert.Alert.PredictedAt is { } predictedAt)
                _context.Metrics.AlertLatency((_context.Time.GetUtcNow().ToUnixTimeMilliseconds() - predictedAt) / 1000.0);
            _context.Delivered.Publish(AlertText.LineOf(alert.Alert));
        }

        SendDue();
    }

    void RetryLog(Exception cause)
    {
        if (!_isReady)
        {
            LogErrors.Warn($"its position in the topics cannot be read: {cause.GetBaseException().Message}. It is tried again after a pause");
            Context.Parent.Tell(new AlertOutboxes.OutboxCannotStart(_partition, HeldWith: null));
            return;
        }

        LogErrors.Warn($"delivered alerts cannot be written to the topics: {cause.GetBaseException().Message}. It is tried again");
        _isLogging = false;
        Timers.StartSingleTimer(nameof(LogRetry), Tick.Instance, LogRetry);
    }

    /// <summary>For a short time deliveries still start; what is then pending stays in the journal for the partition's next outbox.</summary>
    void Close()
    {
        _closesAt ??= Now + DeliveryContext.ClosingTime;
        SendDue();
    }

    void StopIfDone()
    {
        if (_closesAt is null || _deliveries.AnyInFlight || _settlements.IsPersisting || _isLogging)
            return;
        if (_isReady)
        {
            _isReady = false;
            PersistEvents([new OutboxClosed(_context.Holder, WallClock)], _ => Context.Stop(Self));
        }
        else
        {
            Context.Stop(Self);
        }
    }

    void Save()
    {
        _snapshots.Add(LastSequenceNr, WallClock);
        SaveSnapshot(OutboxEvent.ToBytes(new Snapshot(_state.ToState(), _snapshots.All)));
    }

    void Saved(SaveSnapshotSuccess saved)
    {
        DeleteSnapshots(new SnapshotSelectionCriteria(saved.Metadata.SequenceNr - 1));
        if (_snapshots.TakeExpired(saved.Metadata.SequenceNr, WallClock) is { } old)
            DeleteMessages(old);
    }

    /// <summary>What was to be deleted stays until the next snapshot.</summary>
    void CannotClean(Exception cause) => _log.Debug("Old events of the journal of alerts could not be deleted: {Reason}", cause.GetBaseException().Message);

    void Restore(byte[] json)
    {
        var snapshot = OutboxEvent.From<Snapshot>(json);
        _state.Restore(snapshot.State);
        _snapshots.Restore(snapshot.Snapshots);
    }

    ErrorThrottle LogErrors => _context.ErrorsOf("The log of delivered alerts");

    /// <summary>For pauses and rates: it does not jump where the machine's clock is set.</summary>
    DateTimeOffset Now => _context.SteadyNow;

    /// <summary>For what is kept in the journal.</summary>
    DateTimeOffset WallClock => _context.Time.GetUtcNow();
}
