using System.Collections.Immutable;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models.Trees;
using FraudStreams.ModelOps;

namespace FraudStreams.Tests.ModelOps;

/// <summary>Labelled rows of some weeks, generated from a seed: the first feature mostly indicates fraud, the second is noise.</summary>
static class MadeRows
{
    public const long Day = 86_400_000;

    public static DateOnly First { get; } = new(2025, 3, 3);

    public static long StartOf(DateOnly day) => new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero).ToUnixTimeMilliseconds();

    public static LabelledDataset Make(int seed, int days = 60, int rowsADay = 60, double fraudShare = 0.1, int cards = 200)
    {
        var random = new Random(seed);
        var count = days * rowsADay;
        var (values, labels, times, cardOf) = (new double[count * 2], new byte[count], new long[count], new long[count]);
        for (var row = 0; row < count; row++)
        {
            labels[row] = random.NextDouble() < fraudShare ? (byte)1 : (byte)0;
            values[row * 2] = labels[row] + (random.NextDouble() * 1.3);
            values[(row * 2) + 1] = random.NextDouble();
            times[row] = StartOf(First) + (row / rowsADay * Day) + (row % rowsADay * Day / rowsADay);
            cardOf[row] = random.Next(cards);
        }

        return Of(values, labels, times, cardOf);
    }

    /// <summary>The rows with other values from a time on; their number stays the same.</summary>
    public static LabelledDataset WithOthersFrom(this LabelledDataset rows, DateOnly day, int seed)
    {
        var (random, from) = (new Random(seed), rows.At(StartOf(day)));
        var (values, labels, cards) = (rows.Set.Values.ToArray(), rows.Set.Labels.ToArray(), rows.Cards.ToArray());
        for (var row = from; row < rows.Count; row++)
            (values[row * 2], labels[row], cards[row]) = (random.NextDouble() * 9, (byte)random.Next(2), random.Next(5));
        return Of(values, labels, rows.Times, cards);
    }

    /// <summary>The rows with a fraud on one day.</summary>
    public static LabelledDataset WithFraudOn(this LabelledDataset rows, int day)
    {
        var labels = rows.Set.Labels.ToArray();
        labels[rows.At(StartOf(First.AddDays(day)))] = 1;
        return Of(rows.Set.Values.ToArray(), labels, rows.Times, rows.Cards);
    }

    static LabelledDataset Of(double[] values, byte[] labels, long[] times, long[] cards)
    {
        ImmutableArray<FeatureColumn> columns = [new("tells", FeatureKind.Number), new("noise", FeatureKind.Number)];
        return new LabelledDataset(new TrainingSet(columns, values, labels), times, cards);
    }
}
