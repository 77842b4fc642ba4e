using System.Globalization;

namespace FraudStreams.ModelOps;

/// <summary>
/// A prequential split: training days, a delay until their labels are known, and the days after that to measure on. Payments of cards known to be
/// compromised by then are not measured, since such a card is blocked: the cards with a fraud in the training days, and, growing day by day, those whose
/// fraud has become known. (Le Borgne, Siblini, Lebichot, Bontempi: Reproducible Machine Learning for Credit Card Fraud Detection, ch. 3.4 and 5.)
/// </summary>
/// <param name="From">First day of training, UTC.</param>
public sealed record TemporalSplit(DateOnly From, int TrainDays, int DelayDays, int TestDays)
{
    const long Day = 86_400_000;

    /// <summary>The same split, earlier by so many times the measured days.</summary>
    public TemporalSplit Earlier(int folds) => this with { From = From.AddDays(-folds * TestDays) };

    /// <summary>The latest split whose measured days and label delay are over when this split's model comes into use.</summary>
    public TemporalSplit ForValidation() => this with { From = From.AddDays(-(DelayDays + TestDays)) };

    public DateOnly TestFrom => From.AddDays(TrainDays + DelayDays);

    public DateOnly TestTo => TestFrom.AddDays(TestDays - 1);

    /// <param name="rows">All rows, in the order of time.</param>
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
            // On this day the labels are known of the day that lies the delay and one more day before it.
            var knownFrom = start + ((TrainDays + day - 1) * Day);
            Learn(rows.At(knownFrom), rows.At(knownFrom + Day), labels);
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

    /// <summary>What the split neither learns from nor measures.</summary>
    /// <exception cref="NothingToMeasureException">There is nothing to learn from or to be measured on.</exception>
    internal (LeftOut LeftOut, int Kept) LeftOutOf(LabelledDataset rows)
    {
        var (train, test) = Of(rows);
        var start = new DateTimeOffset(From, TimeOnly.MinValue, TimeSpan.Zero).ToUnixTimeMilliseconds();
        var (trainFrom, trainTo) = (rows.At(start), rows.At(start + (TrainDays * Day)));
        var testFrom = rows.At(start + ((TrainDays + DelayDays) * Day));
        var testTo = rows.At(start + ((TrainDays + DelayDays + TestDays) * Day));
        var leftOut = new LeftOut();
        leftOut.Add("outside the days", trainFrom + rows.Count - testTo, $"before {From:yyyy-MM-dd} or after {TestTo:yyyy-MM-dd}");
        leftOut.Add("in the delay", testFrom - trainTo, $"the {DelayDays} days until labels are known");
        leftOut.Add("known cards", testTo - testFrom - test.Count, "of cards that are known to be compromised by then");
        return (leftOut, train.Count + test.Count);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"trained on {From:yyyy-MM-dd} to {From.AddDays(TrainDays - 1):yyyy-MM-dd}, {DelayDays} days until labels are known, measured on {TestFrom:yyyy-MM-dd} to {TestTo:yyyy-MM-dd}");
}
