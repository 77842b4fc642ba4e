using System.Diagnostics;
using FraudStreams.Diagnostics;

namespace FraudStreams.Messaging;

/// <summary>Where traces begin: a producer's records, of which a sample carries the context of a span `send`.</summary>
static class TracedPublish
{
    /// <summary>As <see cref="IMessageLog.PublishAsync"/>.</summary>
    /// <param name="caller">The trace of who asked for it: if it is sampled all records carry it on, whatever the sample says.</param>
    public static async Task<int> PublishTracedAsync(this IMessageLog topics, RecordBatch records, TraceSample sample, string? caller, CancellationToken cancellationToken)
    {
        if (!StreamTraces.IsOn)
            return await topics.PublishAsync(records, cancellationToken);
        var spans = Begin(records, sample, caller);
        try
        {
            var published = await topics.PublishAsync(records, cancellationToken);
            foreach (var span in spans)
                span.End();
            return published;
        }
        catch
        {
            foreach (var span in spans)
                span.End(failed: true);
            throw;
        }
    }

    static List<Activity> Begin(RecordBatch records, TraceSample sample, string? caller)
    {
        var isCalled = StreamTraces.TryParse(caller, out var parent);
        var spans = new List<Activity>();
        for (var record = 0; record < records.Count; record++)
        {
            if ((!isCalled && !sample.Next()) || StreamTraces.Start(StreamTraces.Send, records.Topic(record), parent: parent) is not { } span)
                continue;
            records.SetTraceParent(record, span.Id!);
            spans.Add(span);
        }

        return spans;
    }
}
