using Akka.Actor;
using Akka.Persistence;

namespace Akka.Tests.Persistence;

/// <summary>
/// Keeps a list of texts. What it is told is persisted in the way its first letter says, and what happens to it is told to a probe, in order.
/// </summary>
public sealed class Account : ReceivePersistentActor
{
    readonly IActorRef _probe;
    readonly List<string> _texts = [];

    public Account(string id, IActorRef probe, string? journal = null, string? refuseInRecovery = null)
    {
        PersistenceId = id;
        _probe = probe;
        if (journal is not null) JournalPluginId = journal;

        Recover<SnapshotOffer>(offer =>
        {
            _texts.AddRange(((string)offer.Snapshot).Split(','));
            _probe.Tell($"offered {offer.Snapshot} at {offer.Metadata.SequenceNr}");
        });
        Recover<string>(text =>
        {
            if (text == refuseInRecovery) throw new InvalidOperationException($"will not have {text}");
            _texts.Add(text);
            _probe.Tell($"replayed {text} {LastSequenceNr}");
        });
        Recover<RecoveryCompleted>(_ => _probe.Tell("recovered"));

        Command<Keep>(keep => Persist(keep.Text, Kept));
        Command<KeepAll>(keep => PersistAll(keep.Texts, Kept));
        Command<KeepLoosely>(keep =>
        {
            PersistAsync(keep.Text, Kept);
            _probe.Tell($"asked {keep.Text}");
        });
        Command<KeepThenFail>(keep =>
        {
            Persist(keep.Text, Kept);
            throw new InvalidOperationException("after the persist");
        });
        Command<FailInHandler>(keep => Persist(keep.Text, _ => throw new InvalidOperationException("in the handler")));
        Command<KeepUnwritable>(_ => Persist(new Unwritable(), _ => _probe.Tell("kept the unwritable")));
        Command<TakeSnapshot>(_ => SaveSnapshot(string.Join(',', _texts)));
        Command<Forget>(forget => DeleteMessages(forget.UpTo));
        Command<ForgetSnapshots>(_ => DeleteSnapshots(SnapshotSelectionCriteria.Latest));
        Command<SaveSnapshotSuccess>(saved => _probe.Tell($"snapshot at {saved.Metadata.SequenceNr}"));
        Command<DeleteMessagesSuccess>(deleted => _probe.Tell($"deleted to {deleted.ToSequenceNr}"));
        Command<DeleteMessagesFailure>(failed => _probe.Tell($"not deleted to {failed.ToSequenceNr}"));
        Command<DeleteSnapshotsSuccess>(_ => _probe.Tell("snapshots deleted"));
        Command<Say>(say => _probe.Tell($"said {say.Text}"));
    }

    public sealed record Keep(string Text);

    public sealed record KeepAll(params string[] Texts);

    public sealed record KeepLoosely(string Text);

    public sealed record KeepThenFail(string Text);

    public sealed record FailInHandler(string Text);

    public sealed record KeepUnwritable;

    public sealed record Unwritable;

    public sealed record TakeSnapshot;

    public sealed record Forget(long UpTo);

    public sealed record ForgetSnapshots;

    public sealed record Say(string Text);

    public override string PersistenceId { get; }

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) =>
        _probe.Tell($"failed {@event} {sequenceNr} {cause.Message}");

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr) => _probe.Tell($"rejected {sequenceNr}");

    protected override void OnRecoveryFailure(Exception reason, object? message = null) => _probe.Tell($"recovery failed: {reason.Message}");

    void Kept(string text)
    {
        _texts.Add(text);
        _probe.Tell($"kept {text} {LastSequenceNr}");
    }
}
