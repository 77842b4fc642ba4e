using System.Collections.Immutable;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Topics;

namespace FraudStreams.Labels;

/// <summary>A record of `labels` that is none.</summary>
public readonly record struct UnreadableLabel(TopicRecord Record, RejectReason Reason);

/// <summary>A batch of records of one partition of `labels`, read.</summary>
/// <param name="Last">The batch's last record: the position to commit is behind it.</param>
public sealed record LabelBatch(ImmutableArray<Label> Labels, ImmutableArray<UnreadableLabel> Unreadable, TopicRecord Last);

static class ReadLabels
{
    /// <summary>At least one record, all of one partition.</summary>
    public static LabelBatch Read(IReadOnlyList<TopicRecord> records)
    {
        var labels = ImmutableArray.CreateBuilder<Label>();
        var unreadable = ImmutableArray.CreateBuilder<UnreadableLabel>();
        var last = default(TopicRecord);
        foreach (var record in records)
        {
            last = record;
            if (LabelReader.TryRead(record.Value.Span, out var reason) is { } label) labels.Add(label);
            else unreadable.Add(new UnreadableLabel(record, reason!));
        }

        return new LabelBatch(labels.ToImmutable(), unreadable.ToImmutable(), last);
    }
}
