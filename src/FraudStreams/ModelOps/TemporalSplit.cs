using System.Globalization;

namespace FraudStreams.ModelOps;

/// <summary>
/// How a model is measured as it would be used: it learns from some days, its labels are known a delay later, and it is measured on the days after that.
/// Of the measured payments those of cards that were known to be compromised by then are left out, since such a card is blocked: the cards with a fraud
/// in the days of training, and, growing day by day, those whose fraud has become known. (Le Borgne, Siblini, Lebichot, Bontempi: Reproducible Machine
/// Learning for Credit Card Fraud Detection, ch. 3.4 and 5.)
/// </summary>
/// <param name="From">First day of training, UTC.</param>
public sealed record TemporalSplit(DateOnly From, int TrainDays, int DelayDays, int TestDays)
{
    const long Day = 86_400_000;

    /// <summary>The same split so many weeks of testing earlier: what was learnt and measured before this one could be.</summary>
    public TemporalSplit Earlier(int folds) => this with { From = From.AddDays(-folds * TestDays) };

    /// <summary>The latest split whose measured days, and the delay of their labels, are over when this one's training begins to be used.</summary>
    public TemporalSplit ForValidation() => this with { From = From.AddDays(-(DelayDays + TestDays)) };

    public DateOnly TestFrom => From.AddDays(TrainDays + DelayDays);

    public DateOnly TestTo => TestFrom.AddDays(TestDays - 1);

    /// <param name="rows">In the order of time; all that there is.</param>
    /// <returns>The rows to learn from and those to be measured on.</returns>
    /// <exception cref="NothingToMeasureException">There are none of either.</exception>
    internal (LabelledDataset Train, LabelledDataset Test) Of(LabelledDataset rows)
    {
        var start = From.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc).Subtract(DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMillisecond;
        var labels = rows.Set.Labels.Span;
        var (trainFrom, trainTo) = (rows.At(start), rows.At(start + (TrainDays * Day)));
        var known = new HashSet<long>();
        Learn(trainFrom, trainTo, labels);

        var test = new List<int>();
        for (var day = 0; day < TestDays; day++)
        {
            // By this day the labels of the day a delay and one before it are known.
            var heard = start + ((TrainDays + day - 1) * Day);
            Learn(rows.At(heard), rows.At(heard + Day), labels);
            var from = start + ((TrainDays + DelayDays + day) * Day);
            for (var row = rows.At(from); row < rows.At(from + Day); row++)
            {
                if (!known.Contains(rows.Cards[row]))
                    test.Add(row);
            }
        }

        if (trainFrom == trainTo || test.Count == 0)
            throw new NothingToMeasureException($"The file has {trainTo - trainFrom:N0} payments to learn from and {test.Count:N0} to be measured on ({this})");
        return (rows.Slice(trainFrom, trainTo - trainFrom), rows.Take(test));

        void Learn(int from, int to, ReadOnlySpan<byte> labels)
        {
            for (var row = from; row < to; row++)
            {
                if (labels[row] == 1)
                    known.Add(rows.Cards[row]);
            }
        }
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"trained on {From:yyyy-MM-dd} to {From.AddDays(TrainDays - 1):yyyy-MM-dd}, {DelayDays} days until labels are known, measured on {TestFrom:yyyy-MM-dd} to {TestTo:yyyy-MM-dd}");
}
