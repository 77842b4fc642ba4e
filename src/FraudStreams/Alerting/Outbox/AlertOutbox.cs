using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using FraudStreams.Alerting.Channels;

namespace FraudStreams.Alerting.Outbox;

/// <summary>
/// The alerts of one partition of `predictions`: each is raised, then delivered, and both are in the journal before anything rests on them. What was
/// raised and not settled when a desk died goes out from the next, wherever that is; two desks at once cannot be, since they would write events of
/// the same number.
/// </summary>
sealed class AlertOutbox : ReceivePersistentActor, IWithTimers
{
    static readonly TimeSpan RecordRetry = TimeSpan.FromSeconds(1);
    static readonly TimeSpan CleanEvery = TimeSpan.FromHours(1);

    readonly DeliveryContext _office;
    readonly int _partition;
    readonly bool _waitedLongEnough;
    readonly DeliveryLog _records;
    readonly OutboxState _book;
    readonly ILoggingAdapter _log = Context.GetLogger();
    readonly ImmutableSortedDictionary<string, DeliveryScheduler> _queues;
    readonly Dictionary<string, int> _slots = [];
    readonly SnapshotRetention _marks;
    readonly List<(AlertsSettled Settled, AlertMessage? Message)> _toNote = [];
    bool _isNoting;
    bool _isReady;
    bool _isRecording;
    DateTimeOffset? _closesAt;

    public AlertOutbox(DeliveryContext office, int partition, bool waitedLongEnough)
    {
        _office = office;
        _partition = partition;
        _waitedLongEnough = waitedLongEnough;
        _records = office.RecordsOf(partition);
        _book = new OutboxState(office.Settings.Remember);
        _marks = new SnapshotRetention(office.Settings.JournalKeep);
        _queues = office.Channels.ToImmutableSortedDictionary(channel => channel.Name, channel => new DeliveryScheduler(channel.Settings));

        Recover<SnapshotOffer>(offer => Restore((byte[])offer.Snapshot));
        Recover<byte[]>(json => Apply(OutboxEvent.From(json)));
        Recover<RecoveryCompleted>(_ => FindLastRecorded());

        Command<LastRecorded>(last => TakeOver(last.Number));
        Command<EnqueueAlerts>(Raise);
        Command<Sent>(Settle);
        Command<Recorded>(Done);
        Command<NotRecorded>(failed => RetryRecords(failed.Cause));
        Command<FlushDigests>(_ => Hurry());
        Command<CloseOutbox>(_ => Close());
        Command<Tick>(_ => Pump());
        Command<SlotGranted>(_ => Pump());
        Command<Clean>(_ =>
        {
            if (_marks.IsDueByAge(Now)) Save();
        });
        Command<SaveSnapshotSuccess>(Saved);
        Command<SaveSnapshotFailure>(failed => _log.Warning("The state of the alerts could not be saved, and is tried again later: {0}", failed.Cause.GetBaseException().Message));
        Command<DeleteMessagesFailure>(failed => CannotClean(failed.Cause));
        Command<DeleteSnapshotsFailure>(failed => CannotClean(failed.Cause));
        Command<DeleteMessagesSuccess>(_ => { });
        Command<DeleteSnapshotsSuccess>(_ => { });
    }

    sealed record LastRecorded(long Number);

    sealed record Recorded(ImmutableArray<SettledAlert> Records);

    sealed record NotRecorded(Exception Cause);

    /// <param name="Delivery">Null where it failed.</param>
    sealed record Sent(AlertChannel Channel, DeliveryScheduler.DeliveryAttempt DeliveryAttempt, Delivery? Delivery, Exception? Failure);

    sealed record Tick
    {
        public static readonly Tick Instance = new();
    }

    sealed record Clean
    {
        public static readonly Clean Instance = new();
    }

    sealed record Snapshot(OutboxState.State Book, ImmutableArray<SnapshotRetention.Mark> Snapshots);

    public ITimerScheduler Timers { get; set; } = null!;

    public override string PersistenceId => $"alerts-{_partition}";

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        _log.Warning("The journal of alerts cannot be written: {0}. What waits is kept and goes on after a pause", cause.GetBaseException().Message);
        Sender.Tell(new Status.Failure(cause));
    }

    /// <summary>
    /// A journal that could not be reached says so of single events too, and would have the actor go on: what it holds and what is written would part.
    /// </summary>
    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        OnPersistFailure(cause, @event, sequenceNr);
        Context.Stop(Self);
    }

    protected override void OnRecoveryFailure(Exception reason, object? message = null) =>
        _log.Warning("The journal of alerts cannot be read: {0}. It is tried again after a pause", reason.GetBaseException().Message);

    protected override void PostStop()
    {
        _office.Slots.Forget(Self);
        foreach (var (channel, taken) in _slots)
            _office.Slots.Free(channel, taken);
        base.PostStop();
    }

    void FindLastRecorded() => _ = _records.LastAsync().PipeTo(Self, success: last => new LastRecorded(last), failure: cause => new NotRecorded(cause));

    /// <summary>Where another host may still be sending, it gets the time to end and to note it before this one looks again and begins.</summary>
    void TakeOver(long lastRecorded)
    {
        // A journal that was lost begins anew beside topics that did not: its numbers count on from what is on record.
        var last = lastRecorded - _book.RecordsFrom;
        var isAnew = last > LastSequenceNr;
        _book.Recorded(isAnew ? 0 : last);
        if (_book.Holder is { } holder && !_waitedLongEnough && _office.MayStillSend(holder))
        {
            Context.Parent.Tell(new AlertOutboxes.DeskStepsBack(_partition, IsHeld: true));
            return;
        }

        Keep([new OutboxOpened(_office.Holder, Now, isAnew ? lastRecorded : _book.RecordsFrom)], _ => Begin());
    }

    void Begin()
    {
        _isReady = true;
        Timers.StartPeriodicTimer(nameof(Clean), Clean.Instance, CleanEvery);
        foreach (var open in _book.Open)
        {
            foreach (var channel in open.Channels.Except(open.Settled.Select(settled => settled.Channel)))
                Queue(open.Number, open.Alert, channel);
        }

        Pump();
    }

    void Raise(EnqueueAlerts raise)
    {
        if (!_isReady || _closesAt is not null || _book.Open.Count >= _office.Settings.Waiting)
        {
            Sender.Tell(new OutboxFull());
            return;
        }

        var channels = _office.Channels.Select(channel => channel.Name).ToImmutableArray();
        var events = raise.Alerts.Where(_book.IsNew).DistinctBy(alert => alert.TransactionId)
            .Select(alert => new AlertRaised(alert, channels, Now)).ToImmutableArray<OutboxEvent>();
        if (events.IsEmpty)
        {
            Sender.Tell(new AlertsEnqueued());
            return;
        }

        var left = events.Length;
        Keep(events, kept =>
        {
            foreach (var channel in channels)
                Queue(LastSequenceNr, ((AlertRaised)kept).Alert, channel);
            if (--left > 0)
                return;
            Pump();
            Sender.Tell(new AlertsEnqueued());
        });
    }

    void Queue(long number, Alert alert, string name)
    {
        if (_office.Channels.FirstOrDefault(channel => channel.Name == name) is not { } channel)
        {
            Note(new AlertsSettled(name, name, [number], null, [new Refusal("", $"{name} is not set any more")], Now), null);
            return;
        }

        if (_office.Deliveries.Find(name, alert) is { } underWay)
        {
            _office.Slots.TakeAnyway(channel);
            Await(channel, _queues[name].Resume(number, alert), underWay);
        }
        else
        {
            _queues[name].Add(number, alert, Now);
        }
    }

    void Pump()
    {
        DateTimeOffset? next = null;
        foreach (var channel in _isReady && !(_closesAt <= Now) ? _office.Channels : [])
        {
            DateTimeOffset? due;
            while (_queues[channel.Name].MayTake(Now, out due) && _office.Slots.TryTake(channel, Self))
            {
                var attempt = _queues[channel.Name].Take(Now);
                Await(channel, attempt, _office.Deliveries.Start(channel.Name, channel.Transport, attempt.Message));
            }

            next = due < next || next is null ? due ?? next : next;
        }

        if (next is { } at)
            Timers.StartSingleTimer(nameof(Tick), Tick.Instance, at > Now ? at - Now : TimeSpan.Zero);
        Record();
        _office.Gauge.Set(_partition, _book.Open.Count + _book.Unrecorded.Count);
        StopIfDone();
    }

    /// <summary>The message has a slot.</summary>
    void Await(AlertChannel channel, DeliveryScheduler.DeliveryAttempt attempt, Task<Delivery> delivery)
    {
        _slots[channel.Name] = _slots.GetValueOrDefault(channel.Name) + 1;
        _ = delivery.PipeTo(
            Self,
            success: delivered => new Sent(channel, attempt, delivered, null),
            failure: cause => new Sent(channel, attempt, null, cause));
    }

    /// <summary>Whatever became of the message is noted, or there is nothing to note: it may be sent anew, and others may go.</summary>
    void Forget(string channel, AlertMessage message)
    {
        foreach (var alert in message.Alerts)
            _office.Deliveries.Forget(channel, alert);
        _slots[channel]--;
        _office.Slots.Free(channel);
    }

    void Settle(Sent sent)
    {
        var (channel, attempt, delivery, failure) = sent;
        var queue = _queues[channel.Name];
        if (delivery is { Later.IsEmpty: true })
        {
            if (queue.FailuresInRow > 0)
                _log.Info("{0} takes alerts again", channel.Transport.Channel);
            Note(channel, attempt, attempt.Message.MessageId, queue.Done(attempt, delivery.Refusals));
        }
        else if (failure is AlertDeliveryException { Fault: DeliveryFault.Refused } refused && attempt.Numbers.Length == 1)
        {
            // A recipient who had it before the others were refused has it.
            var reached = attempt.Message.To.IsEmpty ? null : attempt.Message.MessageId;
            Note(channel, attempt, reached, queue.Done(attempt, [new Refusal(string.Join(", ", attempt.Message.To), refused.Message)]));
        }
        else
        {
            TryAgain(channel, queue, attempt, delivery, failure);
            Forget(channel.Name, attempt.Message);
        }

        Pump();
    }

    void TryAgain(AlertChannel channel, DeliveryScheduler queue, DeliveryScheduler.DeliveryAttempt attempt, Delivery? delivery, Exception? failure)
    {
        switch (delivery, failure as AlertDeliveryException)
        {
            case ({ }, _):
                queue.Partly(attempt, delivery, Now);
                foreach (var later in delivery.Later)
                    _log.Warning("{0} asks to send {1} to {2} later: {3}", channel.Transport.Channel, attempt.Message.Name, later.Recipient, later.Reason);
                break;
            case (_, { Fault: DeliveryFault.Refused }):
                queue.TakeApart(attempt, Now);
                break;
            case (_, { Fault: DeliveryFault.Later } later):
                var wait = queue.Later(attempt, Now);
                _log.Warning("{0} does not take {1} now: {2}. It is tried again in {3:0.#} s", channel.Transport.Channel, attempt.Message.Name, later.Message, wait.TotalSeconds);
                break;
            default:
                var before = queue.FailuresInRow;
                var pause = queue.Unavailable(attempt, Now);

                // A server that stays away is told of at first, and then each time the number of failures has doubled.
                if (queue.FailuresInRow != before && System.Numerics.BitOperations.IsPow2(queue.FailuresInRow))
                    _log.Warning("{0} alerts wait: {1} cannot be used: {2}. It is tried again in {3:0.#} s", queue.Count, channel.Transport.Channel, failure!.Message, pause.TotalSeconds);
                break;
        }
    }

    void Note(AlertChannel channel, DeliveryScheduler.DeliveryAttempt attempt, string? messageId, ImmutableArray<Refusal> refusals)
    {
        foreach (var refusal in refusals)
            _log.Warning("{0} refused {1} for good and it is set aside in topic undelivered: {2}", channel.Transport.Channel, attempt.Message.Name, refusal.Reason);
        Note(new AlertsSettled(channel.Name, channel.Transport.Channel, attempt.Numbers, messageId, refusals, Now), attempt.Message);
    }

    void Note(AlertsSettled settled, AlertMessage? message)
    {
        _toNote.Add((settled, message));
        NoteTogether();
    }

    /// <summary>What settles while an event is being written goes into the journal together, as the next one.</summary>
    void NoteTogether()
    {
        if (_isNoting || _toNote.Count == 0)
            return;
        _isNoting = true;
        var noted = _toNote.ToImmutableArray();
        _toNote.Clear();
        var @event = new SettlementsNoted([.. noted.Select(note => note.Settled)]);
        PersistAsync(@event.ToBytes(), _ =>
        {
            _isNoting = false;
            Apply(@event);
            foreach (var (settled, message) in noted)
            {
                if (message is not null)
                    Forget(settled.Channel, message);
            }

            NoteTogether();
            Pump();
        });
    }

    void Keep(ImmutableArray<OutboxEvent> events, Action<OutboxEvent> kept)
    {
        var next = 0;
        PersistAll(events.Select(@event => @event.ToBytes()), _ =>
        {
            var @event = events[next++];
            Apply(@event);
            kept(@event);
        });
    }

    void Apply(OutboxEvent @event)
    {
        _book.Apply(@event, LastSequenceNr);
        if (_marks.IsDueAfterEvent(_book.Open.Count) && IsRecoveryFinished)
            Save();
    }

    void Record()
    {
        if (_isRecording || !_isReady || _book.Unrecorded.Count == 0)
            return;
        _isRecording = true;
        var some = _book.FirstUnrecorded(DeliveryLog.AtOnce);
        _ = _records.WriteAsync(some, _book.RecordsFrom + some[^1].Number).PipeTo(Self, success: () => new Recorded(some), failure: cause => new NotRecorded(cause));
    }

    void Done(Recorded recorded)
    {
        _isRecording = false;
        _book.Recorded(recorded.Records[^1].Number);
        foreach (var record in recorded.Records)
        {
            if (record.Settled.Any(settled => settled.MessageId is not null))
                _office.Counters.Alerted(record.Alert.Line);
        }

        Pump();
    }

    void RetryRecords(Exception cause)
    {
        if (!_isReady)
        {
            _log.Warning("How far alerts are on record cannot be read: {0}. It is tried again after a pause", cause.GetBaseException().Message);
            Context.Parent.Tell(new AlertOutboxes.DeskStepsBack(_partition, IsHeld: false));
            return;
        }

        _log.Warning("Delivered alerts cannot be put on record: {0}. It is tried again", cause.GetBaseException().Message);
        _isRecording = false;
        Timers.StartSingleTimer("record", Tick.Instance, RecordRetry);
    }

    void Hurry()
    {
        foreach (var queue in _queues.Values)
            queue.Hurry();
        Pump();
    }

    /// <summary>What can go out at once still does; what a server keeps waiting stays for whoever comes next.</summary>
    void Close()
    {
        _closesAt ??= Now + DeliveryContext.ClosingTime;
        Pump();
    }

    void StopIfDone()
    {
        if (_closesAt is null || _queues.Values.Any(queue => queue.UnderWay > 0) || _isNoting || _isRecording)
            return;
        if (_isReady)
        {
            _isReady = false;
            Keep([new OutboxClosed(_office.Holder, Now)], _ => Context.Stop(Self));
        }
        else
        {
            Context.Stop(Self);
        }
    }

    void Save()
    {
        _marks.Add(LastSequenceNr, Now);
        SaveSnapshot(OutboxEvent.ToBytes(new Snapshot(_book.ToState(), _marks.All)));
    }

    void Saved(SaveSnapshotSuccess saved)
    {
        DeleteSnapshots(new SnapshotSelectionCriteria(saved.Metadata.SequenceNr - 1));
        if (_marks.TakeOld(saved.Metadata.SequenceNr, Now) is { } old)
            DeleteMessages(old);
    }

    /// <summary>What is old stays until the next snapshot.</summary>
    void CannotClean(Exception cause) => _log.Debug("The journal of alerts could not be cleaned: {0}", cause.GetBaseException().Message);

    void Restore(byte[] json)
    {
        var snapshot = OutboxEvent.From<Snapshot>(json);
        _book.Restore(snapshot.Book);
        _marks.Restore(snapshot.Snapshots);
    }

    DateTimeOffset Now => _office.Time.GetUtcNow();
}
