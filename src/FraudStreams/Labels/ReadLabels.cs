using System.Collections.Immutable;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;

namespace FraudStreams.Labels;

/// <summary>A record of `labels` that cannot be read as a label.</summary>
public readonly record struct UnreadableLabel(TopicRecord Record, RejectReason Reason);

/// <summary>A parsed batch of records of one partition of `labels`.</summary>
/// <param name="Last">The batch's last record: the offset to commit is the one after it.</param>
public sealed record LabelBatch(ImmutableArray<Label> Labels, ImmutableArray<UnreadableLabel> Unreadable, TopicRecord Last);

static class ReadLabels
{
    /// <param name="records">At least one record, all of one partition.</param>
    public static LabelBatch Read(IReadOnlyList<TopicRecord> records)
    {
        var labels = ImmutableArray.CreateBuilder<Label>();
        var unreadable = ImmutableArray.CreateBuilder<UnreadableLabel>();
        var last = default(TopicRecord);
        foreach (var record in records)
        {
            last = record;
            if (LabelReader.TryRead(record.Value.Span, out var label, out var reason)) labels.Add(label);
            else unreadable.Add(new UnreadableLabel(record, reason));
        }

        return new LabelBatch(labels.ToImmutable(), unreadable.ToImmutable(), last);
    }
}
