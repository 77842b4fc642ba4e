using System.Collections.Immutable;
using System.Text;
using FraudStreams.Messaging;
using FraudStreams.Model.Schemas;
using FraudStreams.Topics;

namespace FraudStreams.Access.Audit;

/// <summary>Topic `audit`: changes that leave no other trace, such as another speed or a payment that was unmasked. It is only added to. Any thread may call.</summary>
public sealed class AuditLog(AccessTopics topics) : IAuditSource
{
    static readonly TopicPartition s_partition = new(TopicNames.Audit, 0);

    /// <summary>Durable on return. Called before the change, so that none goes without an entry.</summary>
    /// <exception cref="MessageLogException">The topic cannot be written now: the change is not to be made.</exception>
    public async Task AppendAsync(params IReadOnlyCollection<AuditEntry> entries)
    {
        if (entries.Count == 0)
            return;
        var log = await topics.OpenAsync();
        var records = new RecordBatch(entries.Count);
        foreach (var entry in entries)
            records.Add(TopicNames.Audit, Encoding.UTF8.GetBytes(entry.Action), Masked(entry).ToJson());
        await log.PublishAsync(records, CancellationToken.None);
    }

    /// <summary>People write reasons: a card number in one would stay for good.</summary>
    static AuditEntry Masked(AuditEntry entry) => entry with { Subject = CardNumbers.Masked(entry.Subject), Why = entry.Why is { } why ? CardNumbers.Masked(why) : null };

    public async Task<ImmutableArray<AuditEntry>> ReadAuditAsync(CancellationToken cancellationToken)
    {
        var (log, entries) = (await topics.OpenAsync(), ImmutableArray.CreateBuilder<AuditEntry>());
        await foreach (var records in log.ReadAsync(s_partition, 0, long.MaxValue, cancellationToken))
            entries.AddRange(records.Select(record => AuditEntry.Read(record.Value.Span)).OfType<AuditEntry>());
        return entries.ToImmutable();
    }
}
