using System.Diagnostics;
using FraudStreams.Diagnostics;

namespace FraudStreams.Messaging;

/// <summary>Where traces begin: a producer's records, of which a sample carries the context of a span `send`.</summary>
static class TracedPublish
{
    /// <summary>As <see cref="IMessageLog.PublishAsync"/>. A caller over HTTP whose own trace is sampled is continued, whatever the sample says.</summary>
    public static async Task<int> PublishTracedAsync(this IMessageLog topics, RecordBatch records, TraceSample sample, CancellationToken cancellationToken)
    {
        if (!StreamTraces.IsOn)
            return await topics.PublishAsync(records, cancellationToken);
        var spans = Begin(records, sample);
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

    static List<Activity> Begin(RecordBatch records, TraceSample sample)
    {
        var isCalled = StreamTraces.TryParse(Activity.Current?.ParentId, out var caller);
        var spans = new List<Activity>();
        for (var record = 0; record < records.Count; record++)
        {
            if ((!isCalled && !sample.Next()) || StreamTraces.Start(StreamTraces.Send, records.Topic(record), parent: caller) is not { } span)
                continue;
            records.SetTraceParent(record, span.Id!);
            spans.Add(span);
        }

        return spans;
    }
}
