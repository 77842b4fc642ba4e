using System.Diagnostics;

namespace FraudStreams.Diagnostics;

/// <summary>
/// The spans of payments and batches, each named after its operation and its topic or channel, with the attributes of OpenTelemetry's semantic conventions for
/// messaging (status Development, 1.36). While nobody listens nothing is made, read or written for them.
/// </summary>
public static class StreamTraces
{
    public const string SourceName = "FraudStreams";

    public const string Send = "send", Poll = "poll", Process = "process", Settle = "settle";

    internal const string PartitionTag = "messaging.destination.partition.id", OffsetTag = "messaging.kafka.offset", CountTag = "messaging.batch.message_count";

    static readonly ActivitySource s_source = new(SourceName);

    /// <summary>Whether anybody listens.</summary>
    public static bool IsOn => s_source.HasListeners();

    /// <summary>
    /// Begins a span. It does not become the current one of its thread: stages and actors run on threads that others use next.
    /// </summary>
    /// <param name="operation">One of those above.</param>
    /// <param name="destination">A topic or a channel.</param>
    /// <param name="parent">Default: the span begins a trace.</param>
    /// <param name="start">Default: now.</param>
    /// <returns>Null where nobody listens.</returns>
    public static Activity? Start(string operation, string destination, string? group = null, ActivityContext parent = default, DateTimeOffset start = default)
    {
        if (!IsOn)
            return null;
        var current = Activity.Current;
        Activity.Current = null;
        var span = s_source.StartActivity(KindOf(operation), parent, startTime: start, name: $"{operation} {destination}");
        Activity.Current = current;
        span?.SetTag("messaging.operation.name", operation).SetTag("messaging.operation.type", operation == Poll ? "receive" : operation)
            .SetTag(StreamMetrics.TopicTag, destination);
        if (group is not null)
            span?.SetTag(StreamMetrics.GroupTag, group);
        return span;
    }

    /// <summary>Ends a span, and leaves the current one of the thread as it is.</summary>
    /// <param name="end">Default: now.</param>
    public static void End(this Activity? span, DateTimeOffset end = default, bool failed = false)
    {
        if (span is null)
            return;
        if (failed)
            span.SetStatus(ActivityStatusCode.Error);
        if (end != default && end.UtcDateTime > span.StartTimeUtc)
            span.SetEndTime(end.UtcDateTime);
        var current = Activity.Current;
        span.Stop();
        Activity.Current = current;
    }

    /// <summary>The context that a record carries, if its trace is sampled.</summary>
    /// <param name="traceParent">As the W3C's header traceparent has it.</param>
    public static bool TryParse(string? traceParent, out ActivityContext context)
    {
        if (traceParent is not null && ActivityContext.TryParse(traceParent, null, isRemote: true, out context) && context.TraceFlags.HasFlag(ActivityTraceFlags.Recorded))
            return true;
        context = default;
        return false;
    }

    static ActivityKind KindOf(string operation) => operation switch
    {
        Send => ActivityKind.Producer,
        Process => ActivityKind.Consumer,
        _ => ActivityKind.Client,
    };
}

/// <summary>Chooses a share of the payments that a producer sends, evenly spaced. Thread-safe.</summary>
/// <param name="share">0 to 1.</param>
public sealed class TraceSample(double share)
{
    long _asked;

    public bool Next()
    {
        var asked = Interlocked.Increment(ref _asked);
        return (long)(asked * share) > (long)((asked - 1) * share);
    }
}
