using System.Collections.Immutable;
using System.Text;
using FraudStreams.Dashboard.Payments;
using FraudStreams.Diagnostics;
using FraudStreams.Hosting;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Topics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Dashboard.Cases;

/// <summary>
/// What people do with cases: hold, put back, decide, undo. A decision closes its case at once on all hosts; its labels are published when it can no longer
/// be undone, by the host where it was taken, or by another one if that is gone. Publishing them twice changes nothing: the store knows a label by what it says.
/// </summary>
public sealed class CaseService : BackgroundService
{
    public static readonly TimeSpan HeldFor = TimeSpan.FromMinutes(30);

    /// <summary>A wrong key is noticed within this time.</summary>
    public static readonly TimeSpan UndoWithin = TimeSpan.FromSeconds(8);

    /// <summary>After so long another host publishes the labels of a decision.</summary>
    static readonly TimeSpan s_takenOver = TimeSpan.FromSeconds(30);

    static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    /// <summary>What was decided elsewhere is looked for less often.</summary>
    const int LooksElsewhere = 30;

    readonly CaseLog _book;
    readonly Func<IMessageLog?> _topics;
    readonly TimeProvider _time;
    readonly ErrorThrottle _errors;

    /// <summary>Decisions of this host whose labels are not published.</summary>
    ImmutableHashSet<CaseKey> _own = [];

    public CaseService(CaseLog book, StreamService stream, ILoggerFactory loggers, TimeProvider time)
        : this(book, () => stream.IsStopping ? null : stream.Topics, loggers.CreateLogger("FraudStreams.Dashboard"), time)
    {
    }

    /// <param name="topics">The log with topic `labels`; null while the stream starts or stops.</param>
    internal CaseService(CaseLog book, Func<IMessageLog?> topics, ILogger log, TimeProvider time)
    {
        (_book, _topics, _time) = (book, topics, time);
        _errors = new ErrorThrottle(log, "Labels of decided cases", time);
    }

    /// <summary>Makes the case one's own for <see cref="HeldFor"/>.</summary>
    /// <exception cref="CaseConflictException">It is closed, or somebody else's.</exception>
    public Task<CaseRecord> HoldAsync(CaseView shown, string actor) => _book.AppendAsync(shown.Key, record =>
    {
        var now = _time.GetUtcNow();
        CheckOpen(record, shown, actor, now);
        return record.IsHeld(now) && record.HeldUntil - now > HeldFor / 2 ? null : Entry(CaseAction.Held, actor, now) with { Until = now + HeldFor };
    }, CancellationToken.None);

    /// <summary>Puts it back into the queue.</summary>
    public Task<CaseRecord> ReleaseAsync(CaseView shown, string actor) => _book.AppendAsync(shown.Key, record =>
        record.IsHeld(_time.GetUtcNow()) && record.HeldBy == actor ? Entry(CaseAction.Released, actor, _time.GetUtcNow()) : null, CancellationToken.None);

    /// <summary>Decides the open alerts of a case, as they were shown.</summary>
    /// <exception cref="CaseConflictException">It is closed, or somebody else's.</exception>
    public async Task<CaseRecord> DecideAsync(CaseView shown, Outcome outcome, string actor)
    {
        var decided = await _book.AppendAsync(shown.Key, record =>
        {
            var now = _time.GetUtcNow();
            CheckOpen(record, shown, actor, now);
            var open = OpenOf(record, shown).ToArray();
            return Entry(CaseAction.Decided, actor, now) with
            {
                Outcome = outcome,
                Payments = [.. open.Select(alert => alert.StoredId)],
                Masked = open.All(alert => alert.Id == alert.StoredId) ? null : [.. open.Select(alert => alert.Id)],
            };
        }, CancellationToken.None);
        if (outcome != Outcome.Unsure)
            ImmutableInterlocked.Update(ref _own, (own, key) => own.Add(key), shown.Key);
        return decided;
    }

    /// <summary>Takes a decision back; the case is one's own again.</summary>
    /// <exception cref="CaseConflictException">It is somebody else's decision, or too late.</exception>
    public Task<CaseRecord> UndoAsync(CaseKey key, string actor) => _book.AppendAsync(key, record =>
    {
        var now = _time.GetUtcNow();
        if (record.Decision is not { } decision)
            return null;
        if (decision.Actor != actor)
            throw new CaseConflictException($"{decision.Actor} decided it: only they can undo it");
        if (now - decision.At > UndoWithin || (decision.Outcome != Outcome.Unsure && !record.Unlabelled.Contains(decision)))
            throw new CaseConflictException($"it is too late to undo: after {UndoWithin.TotalSeconds:0} s a decision is published. A later label corrects it");
        return Entry(CaseAction.Undone, actor, now) with { Until = now + HeldFor };
    }, CancellationToken.None);

    /// <summary>Publishes the labels of decisions that can no longer be undone.</summary>
    internal async Task PublishDueAsync(CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var due = _book.Records.Values.SelectMany(record => record.Unlabelled.Select(decision => (record.Key, Decision: decision)))
            .Where(due => now - due.Decision.At > (_own.Contains(due.Key) ? UndoWithin + TimeSpan.FromSeconds(1) : s_takenOver)).ToList();
        foreach (var (key, decision) in due)
        {
            if (_topics() is not { } topics)
                return;
            var batch = new RecordBatch(decision.Payments?.Length ?? 0);
            foreach (var id in decision.Payments ?? [])
            {
                batch.Add(
                    TopicNames.Labels, Encoding.UTF8.GetBytes(id), new Label(id, decision.Outcome == Outcome.Fraud, decision.At.ToUnixTimeMilliseconds(), decision.Actor),
                    static (into, label) => label.Write(into));
            }

            await topics.PublishAsync(batch, cancellationToken);
            var after = await _book.AppendAsync(
                key, current => current.Unlabelled.Contains(decision) ? Entry(CaseAction.Labelled, decision.Actor, _time.GetUtcNow()) with { Decision = decision.Id } : null, cancellationToken);
            if (after.Unlabelled.IsEmpty)
                ImmutableInterlocked.Update(ref _own, (own, key) => own.Remove(key), key);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        using var tick = new PeriodicTimer(s_look, _time);
        for (var look = 0; await tick.WaitForNextTickAsync(stoppingToken); look++)
        {
            if (_topics() is null || (_own.IsEmpty && look % LooksElsewhere != LooksElsewhere - 1))
                continue;
            try
            {
                await _book.RefreshAsync(stoppingToken);
                await PublishDueAsync(stoppingToken);
                _errors.Over();
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // A service of the host that fails ends the host, and with it the stream.
                _errors.Warn(e.Message);
            }
        }
    }

    static IEnumerable<ShownPayment> OpenOf(CaseRecord record, CaseView shown) =>
        shown.Alerts.Where(alert => alert.TrueValue is null && !record.Decided.ContainsKey(alert.StoredId));

    static void CheckOpen(CaseRecord record, CaseView shown, string actor, DateTimeOffset now)
    {
        if (!OpenOf(record, shown).Any())
            throw new CaseConflictException(record.Decision is { } decision ? $"{decision.Actor} has decided it already: {CaseView.InWords(decision.Outcome ?? Outcome.Unsure)}" : "it is decided already");
        if (record.IsHeld(now) && record.HeldBy != actor)
            throw new CaseConflictException($"{record.HeldBy} reads it, until {record.HeldUntil:HH:mm} UTC");
    }

    static CaseEvent Entry(CaseAction action, string actor, DateTimeOffset now) => new("", 0, 0, Guid.Empty, action, actor, now);
}
