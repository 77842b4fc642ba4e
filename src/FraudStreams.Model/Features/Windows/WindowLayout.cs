using System.Collections.Immutable;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Features.Windows;

/// <summary>
/// The memory layout of the windows by one key: the words of an event and the words of a key. Windows of the same length and delay share their
/// edges and their aggregates. An event is its time, one word for each field (a number's bits or a text's hash) and, if fraud is counted, the
/// hash of its id and its label. A key's words start with the header of its ring (<see cref="KeyedEventBuffer"/>).
/// </summary>
sealed class WindowLayout
{
    /// <summary>Allowed lateness: an event further behind the watermark than the longest window plus this is dropped. Milliseconds.</summary>
    internal const long Lateness = 24L * 60 * 60 * 1000;

    readonly List<WindowSpan> _spans = [];
    readonly List<EventColumn> _columns = [];

    internal WindowLayout(TransactionSchema schema, ImmutableArray<string> by, WindowScope scope = WindowScope.All)
    {
        Allowance = scope == WindowScope.OfOthers ? LatenessOfOthers : Lateness;
        By = by;
        KeyFields = [.. by.Select(schema.IndexOf)];
        var windows = schema.WindowFeatures.Where(w => w.By.SequenceEqual(by)).ToArray();
        CountsFraud = windows.Any(w => w.Kind == WindowKind.FraudShare);
        LeastFraudDelay = windows.Where(w => w.Kind == WindowKind.FraudShare).Select(w => Milliseconds(w.Delay)).DefaultIfEmpty().Min();
        Reach = windows.Max(w => Milliseconds(w.Over) + Milliseconds(w.Delay));
        foreach (var field in windows.Select(w => schema.IndexOf(w.Of)).Where(field => field >= 0).Distinct())
        {
            _columns.Add(new EventColumn(
                field, 1 + _columns.Count, schema.Fields[field].Type == FieldType.Text, schema.Fields[field].Optional));
        }
        LabelWord = CountsFraud ? 2 + _columns.Count : -1;
        EventWords = 1 + _columns.Count + (CountsFraud ? 2 : 0);
        ChunkSize = SlabAllocator.SizeFor(EventWords * KeyedEventBuffer.ChunkEvents);
        KeyWords = KeyedEventBuffer.HeaderWords;
        Windows = [.. windows.Select(w => Bind(schema, w))];
        (Spans, Columns) = ([.. _spans], [.. _columns]);
    }

    /// <summary>
    /// Allowed lateness if other partitions are read too: they may be ahead of the own partition by as much as a wrong clock in it makes it
    /// appear. Milliseconds.
    /// </summary>
    internal const long LatenessOfOthers = 31 * Lateness;

    /// <summary>Allowed lateness, in milliseconds.</summary>
    internal long Allowance { get; }

    internal ImmutableArray<string> By { get; }

    internal int[] KeyFields { get; }

    /// <summary>Milliseconds from a payment back to the oldest event that any window can see.</summary>
    internal long Reach { get; }

    internal bool CountsFraud { get; }

    /// <summary>Milliseconds from an event until the first window sees its label.</summary>
    internal long LeastFraudDelay { get; }

    // Arrays, because they are enumerated for every payment, and enumerating a list interface allocates.
    internal WindowSpan[] Spans { get; }

    internal EventColumn[] Columns { get; }

    /// <summary>Index of the event word with its label, or −1; the hash of its id is the word before.</summary>
    internal int LabelWord { get; }

    internal int EventWords { get; }

    /// <summary>Size class of a block that holds a chunk of events.</summary>
    internal int ChunkSize { get; }

    /// <summary>Words of a key's header and running aggregates; the key's bytes follow.</summary>
    internal int KeyWords { get; private set; }

    internal ImmutableArray<BoundWindow> Windows { get; }

    BoundWindow Bind(TransactionSchema schema, WindowFeature window)
    {
        var column = _columns.FirstOrDefault(c => c.Field == schema.IndexOf(window.Of));
        var span = SpanOf(window);
        var sum = window.Kind switch
        {
            WindowKind.Sum or WindowKind.Mean => AggregateOf(span, AggregateKind.Sum, column!.Word),
            WindowKind.StandardDeviation => AggregateOf(span, AggregateKind.Squares, column!.Word),
            WindowKind.FraudShare => AggregateOf(span, AggregateKind.Frauds, LabelWord),
            _ => -1,
        };
        var counted = window.Kind is WindowKind.Mean or WindowKind.StandardDeviation && column!.Optional
            ? AggregateOf(span, AggregateKind.Present, column.Word)
            : -1;
        return new BoundWindow(
            schema.WindowFeatures.IndexOf(window), window.Kind, span, column?.Word ?? -1, sum, counted,
            window.CountsItself && window.Delay == TimeSpan.Zero, Milliseconds(window.Over));
    }

    WindowSpan SpanOf(WindowFeature window)
    {
        var (over, delay) = (Milliseconds(window.Over), Milliseconds(window.Delay));
        if (_spans.Find(s => s.Over == over && s.Delay == delay) is { } same)
            return same;
        var span = new WindowSpan(over, delay, KeyWords);
        KeyWords++;
        _spans.Add(span);
        return span;
    }

    int AggregateOf(WindowSpan span, AggregateKind kind, int eventWord)
    {
        foreach (var same in span.Aggregates)
        {
            if (same.Kind == kind && same.EventWord == eventWord)
                return same.At;
        }
        var aggregate = new RunningAggregate(kind, eventWord, KeyWords, span.Delay);
        KeyWords += aggregate.Words;
        span.Aggregates = [.. span.Aggregates, aggregate];
        return aggregate.At;
    }

    static long Milliseconds(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMillisecond;
}

/// <summary>A field stored in events, and the index of its event word.</summary>
sealed record EventColumn(int Field, int Word, bool IsText, bool Optional);

/// <summary>
/// The event-time interval that windows of the same length and delay see, (t − delay − over, t − delay], with the index of the key word that
/// holds its edges, and its running aggregates.
/// </summary>
sealed class WindowSpan(long over, long delay, int edgesAt)
{
    internal long Over => over;

    internal long Delay => delay;

    internal int EdgesAt => edgesAt;

    internal RunningAggregate[] Aggregates { get; set; } = [];
}

/// <summary>One of the schema's window features, bound to the words that it reads.</summary>
/// <param name="Index">Index in <see cref="TransactionSchema.WindowFeatures"/>.</param>
/// <param name="EventWord">Index of the event word with its field, or −1.</param>
/// <param name="AggregateAt">Index of the key word where its aggregate begins, or −1.</param>
/// <param name="CountedAt">Index of the key word that counts events with a value in the field, or −1 if every event has one.</param>
sealed record BoundWindow(
    int Index, WindowKind Kind, WindowSpan Span, int EventWord, int AggregateAt, int CountedAt, bool CountsItself, long Over);
