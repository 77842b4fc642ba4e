using System.Collections.Immutable;
using FraudStreams.Hosting;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Topics;

namespace FraudStreams.Dashboard.Data;

/// <param name="Line">Masked.</param>
public sealed record ShownRejected(DateTimeOffset At, string Code, string Message, string Place, string Line);

/// <summary>The latest records of topic `rejected`.</summary>
static class RejectedTail
{
    public const int Most = 100;

    /// <returns>Latest first.</returns>
    /// <exception cref="MessageLogException">The topic cannot be read now.</exception>
    public static async Task<ImmutableArray<ShownRejected>> ReadAsync(StreamService stream, StreamOptions options, CancellationToken cancellationToken)
    {
        if (stream.Topics is not { } topics)
            return [];
        var status = await topics.StatusAsync(cancellationToken);
        var end = status.Topics.FirstOrDefault(topic => topic.Topic == TopicNames.Rejected)?.Appended ?? 0;
        var latest = new List<ShownRejected>();
        await foreach (var records in topics.ReadAsync(new TopicPartition(TopicNames.Rejected, 0), Math.Max(0, end - Most), end, cancellationToken))
        {
            foreach (var record in records)
            {
                if (RejectedRecord.Read(record.Value) is { } rejected)
                    latest.Add(new ShownRejected(rejected.RejectedAt, rejected.Reason.Code, rejected.Reason.Message, $"{rejected.Topic}/{rejected.Partition} {rejected.Offset:N0}", RawLine.Mask(rejected.Original.Span, options.Schema)));
            }
        }

        latest.Reverse();
        return [.. latest];
    }
}
