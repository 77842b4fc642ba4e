using System.Collections.Immutable;
using System.Text;
using FraudStreams.Access.Audit;
using FraudStreams.Diagnostics;
using FraudStreams.Hosting;
using FraudStreams.Messaging;
using FraudStreams.Pipelines;
using FraudStreams.Topics;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Dashboard.Cases;

/// <summary>Somebody else was faster, or the case is not as it was when it was looked at.</summary>
public sealed class CaseConflictException(string message) : Exception(message);

/// <summary>
/// What people did with cases, on all hosts: the entries of topic `cases`, in its order. An entry that is written counts only if it follows the one before of
/// its case, so a case is not decided twice, whoever acts where at the same moment. Thread-safe: callers take turns.
/// </summary>
public sealed class CaseLog : IAuditSource, IAsyncDisposable
{
    static readonly TopicPartition s_partition = new(TopicNames.Cases, 0);

    readonly Func<IMessageLog> _open;
    readonly SemaphoreSlim _turn = new(1);
    IMessageLog? _topics;
    IPartitionReader? _reader;
    ImmutableDictionary<CaseKey, CaseRecord> _records = ImmutableDictionary<CaseKey, CaseRecord>.Empty;

    public CaseLog(StreamOptions options, ILoggerFactory loggers, TimeProvider time)
        : this(() => StreamTopics.OpenCases(options.Settings, loggers.CreateLogger("FraudStreams.Dashboard"), time))
    {
    }

    /// <param name="open">Opens a log with the topic, when it is first needed.</param>
    internal CaseLog(Func<IMessageLog> open) => _open = open;

    /// <summary>As of the last <see cref="RefreshAsync"/>.</summary>
    public ImmutableDictionary<CaseKey, CaseRecord> Records => Volatile.Read(ref _records);

    public CaseRecord this[CaseKey key] => Records.GetValueOrDefault(key) ?? new CaseRecord(key);

    /// <summary>Reads what was written since the last call, here and elsewhere.</summary>
    /// <exception cref="MessageLogException">The topic cannot be read now.</exception>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await ReadAsync();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Writes the next entry of a case.</summary>
    /// <param name="make">Makes the entry for the case as it is now; null where nothing is to be done. Throws <see cref="CaseConflictException"/> where it may not be.</param>
    /// <exception cref="CaseConflictException">The case cannot take the entry, or another host wrote one at the same moment.</exception>
    /// <exception cref="MessageLogException">The topic cannot be used now. Nothing was written.</exception>
    public async Task<CaseRecord> AppendAsync(CaseKey key, Func<CaseRecord, CaseEvent?> make, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await ReadAsync();
            var before = this[key];
            if (make(before) is not { } draft)
                return before;
            var entry = draft with { Card = key.Card, Window = key.Window, Revision = before.Revision + 1, Id = Guid.NewGuid() };
            var records = new RecordBatch(1);
            records.Add(TopicNames.Cases, Encoding.UTF8.GetBytes(key.Card), entry.ToJson());
            await _topics!.PublishAsync(records, CancellationToken.None);
            var isWritten = false;
            await ReadAsync(applied => isWritten |= applied.Id == entry.Id);
            return isWritten ? this[key] : throw new CaseConflictException("somebody else acted on this case at the same moment: it is shown as it is now");
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>What people did with cases, as changes. The card of a case is not among them.</summary>
    public async Task<ImmutableArray<AuditEntry>> ReadAuditAsync(CancellationToken cancellationToken)
    {
        await RefreshAsync(cancellationToken);
        var (entries, cases) = (ImmutableArray.CreateBuilder<AuditEntry>(), new Dictionary<CaseKey, CaseRecord>());
        await foreach (var records in _topics!.ReadAsync(s_partition, 0, long.MaxValue, cancellationToken))
        {
            foreach (var entry in records.Select(record => CaseEvent.Read(record.Value.Span)).OfType<CaseEvent>())
            {
                var before = cases.GetValueOrDefault(entry.Key) ?? new CaseRecord(entry.Key);
                if (before.After(entry) is not { } after)
                    continue;
                cases[entry.Key] = after;
                var payments = ShownOf(entry) ?? ShownOf(before.Decision) ?? [];
                entries.Add(new AuditEntry(entry.At, entry.Actor, $"case.{entry.Action.ToString().ToLowerInvariant()}", payments.IsEmpty ? entry.Key.ToString() : string.Join(", ", payments))
                {
                    Before = InWords(before),
                    After = InWords(after),
                });
            }
        }

        return entries.ToImmutable();

        static ImmutableArray<string>? ShownOf(CaseEvent? decided) => decided?.Masked ?? decided?.Payments;

        static string? InWords(CaseRecord record) => record.Decision?.Outcome?.ToString().ToLowerInvariant() ?? (record.HeldBy is { } by ? $"held by {by}" : null);
    }

    public async ValueTask DisposeAsync()
    {
        if (_reader is not null)
            await _reader.DisposeAsync();
        if (_topics is not null)
            await _topics.DisposeAsync();
        _turn.Dispose();
    }

    async Task ReadAsync(Action<CaseEvent>? applied = null)
    {
        _topics ??= await BlockingCall.RunAsync(_open);
        _reader ??= _topics.OpenReader(s_partition, 0);
        while (await _reader.NextAsync(wait: true, CancellationToken.None) is { Count: > 0 } read)
            Take(read, applied);
    }

    /// <summary>What is read holds at once: should the next read fail, the reader does not give it again.</summary>
    void Take(IReadOnlyList<TopicRecord> read, Action<CaseEvent>? applied)
    {
        var records = _records.ToBuilder();
        foreach (var record in read)
        {
            if (CaseEvent.Read(record.Value.Span) is not { } entry)
                continue;
            var before = records.GetValueOrDefault(entry.Key) ?? new CaseRecord(entry.Key);
            if (before.After(entry) is not { } after)
                continue;
            records[entry.Key] = after;
            applied?.Invoke(entry);
        }

        Volatile.Write(ref _records, records.ToImmutable());
    }
}
