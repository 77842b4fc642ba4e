using System.Collections.Immutable;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Features.Windows;

/// <summary>
/// What the windows of one key need: which words an event has, and which words of running sums a key has. Windows of the same length and
/// delay share their edges, and the sums that several of them need. An event is its time, then a word a field (a number's bits, a text's
/// hash), then, where fraud is counted, the hash of its id and its label. A key's words begin with its ring (<see cref="KeyedEventBuffer"/>).
/// </summary>
sealed class WindowLayout
{
    /// <summary>An event further behind the partition's clock than the longest window and this is kept by nobody.</summary>
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
        Windows = [.. windows.Select(w => Place(schema, w))];
        (Spans, Columns) = ([.. _spans], [.. _columns]);
    }

    /// <summary>
    /// The same where other partitions are read along with one's own: they may be ahead of it by what a wrong clock in it pretended.
    /// </summary>
    internal const long LatenessOfOthers = 31 * Lateness;

    /// <summary>How late an event may be and still be kept, milliseconds.</summary>
    internal long Allowance { get; }

    internal ImmutableArray<string> By { get; }

    internal int[] KeyFields { get; }

    /// <summary>Milliseconds from a payment back to the oldest event that any window sees.</summary>
    internal long Reach { get; }

    internal bool CountsFraud { get; }

    /// <summary>Milliseconds until the first window sees an event's label.</summary>
    internal long LeastFraudDelay { get; }

    // Arrays: they are walked for every payment, and a list's enumerator would be an object each time.
    internal WindowSpan[] Spans { get; }

    internal EventColumn[] Columns { get; }

    /// <summary>Where an event's label is, or −1; its id's hash stands before it.</summary>
    internal int LabelWord { get; }

    internal int EventWords { get; }

    /// <summary>The size of block that holds a chunk of events.</summary>
    internal int ChunkSize { get; }

    /// <summary>Words of a key's header and running sums; the key's bytes follow.</summary>
    internal int KeyWords { get; private set; }

    internal ImmutableArray<PlacedWindow> Windows { get; }

    PlacedWindow Place(TransactionSchema schema, WindowFeature window)
    {
        var column = _columns.FirstOrDefault(c => c.Field == schema.IndexOf(window.Of));
        var span = SpanOf(window);
        var sum = window.Kind switch
        {
            WindowKind.Sum or WindowKind.Mean => TallyOf(span, TallyKind.Sum, column!.Word),
            WindowKind.StandardDeviation => TallyOf(span, TallyKind.Squares, column!.Word),
            WindowKind.FraudShare => TallyOf(span, TallyKind.Frauds, LabelWord),
            _ => -1,
        };
        var counted = window.Kind is WindowKind.Mean or WindowKind.StandardDeviation && column!.Optional
            ? TallyOf(span, TallyKind.Present, column.Word)
            : -1;
        return new PlacedWindow(
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

    int TallyOf(WindowSpan span, TallyKind kind, int eventWord)
    {
        foreach (var same in span.Tallies)
        {
            if (same.Kind == kind && same.EventWord == eventWord)
                return same.At;
        }
        var tally = new RunningAggregate(kind, eventWord, KeyWords, span.Delay);
        KeyWords += tally.Words;
        span.Tallies = [.. span.Tallies, tally];
        return tally.At;
    }

    static long Milliseconds(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMillisecond;
}

/// <summary>A field that events keep, and the word of an event that holds it.</summary>
sealed record EventColumn(int Field, int Word, bool IsText, bool Optional);

/// <summary>
/// The stretch of event time that windows of the same length and delay see, (t − delay − over, t − delay], and what is kept up to date
/// while it moves: the word of a key with its edges, and the sums.
/// </summary>
sealed class WindowSpan(long over, long delay, int edgesAt)
{
    internal long Over => over;

    internal long Delay => delay;

    internal int EdgesAt => edgesAt;

    internal RunningAggregate[] Tallies { get; set; } = [];
}

/// <summary>One of the schema's windows and where what it needs is found.</summary>
/// <param name="Index">Position in the schema's windows.</param>
/// <param name="EventWord">The word of an event with its field, or −1.</param>
/// <param name="TallyAt">The word of a key where its sum begins, or −1.</param>
/// <param name="CountedAt">The word of a key that counts the events with a value in the field, or −1 where all have one.</param>
sealed record PlacedWindow(
    int Index, WindowKind Kind, WindowSpan Span, int EventWord, int TallyAt, int CountedAt, bool CountsItself, long Over);
