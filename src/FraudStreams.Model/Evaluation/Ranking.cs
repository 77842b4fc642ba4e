namespace FraudStreams.Model.Evaluation;

/// <summary>
/// Ranking metrics: how well scores separate fraud from the rest, independent of a threshold. Scores are any numbers but NaN (probabilities
/// or log-odds), higher is more suspicious; labels are 1 for fraud and 0 otherwise. Equal scores have the same rank.
/// </summary>
/// <remarks>Only the frauds are sorted, as they are few; every other row is placed among them by binary search: O(n
/// log(frauds)).</remarks>
public static class Ranking
{
    /// <summary>
    /// Average precision: Σ (Rₖ − Rₖ₋₁) Pₖ over the distinct scores from the highest down, without interpolation
    /// (scikit-learn's average_precision_score). A random scorer gets about the share of fraud.
    /// </summary>
    /// <param name="scores">One a row.</param>
    /// <param name="labels">One a row, 0 or 1.</param>
    /// <returns>0..1, 1 is perfect.</returns>
    /// <exception cref="ArgumentException">Lengths differ, a score is NaN, a label is not 0 or 1, or no row is labelled 1.</exception>
    public static double AveragePrecision(ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels)
    {
        var frauds = SortedFrauds(scores, labels, nameof(AveragePrecision));
        var above = NegativesBetween(frauds, scores, labels);
        long truePositives = 0, falsePositives = 0;
        var sum = 0.0;
        for (var at = frauds.Length - 1; at >= 0;)
        {
            var score = frauds[at];
            var before = truePositives;
            for (; at >= 0 && frauds[at] == score; at--)
            {
                truePositives++;
                falsePositives += above[at + 1];
            }
            sum += (truePositives - before) * ((double)truePositives / (truePositives + falsePositives));
        }
        return sum / frauds.Length;
    }

    /// <summary>
    /// Area under the ROC curve: the share of (fraud, other) pairs in which the fraud scores higher, equal scores counting half
    /// (the Mann-Whitney statistic; scikit-learn's roc_auc_score). A random scorer gets about 0.5.
    /// </summary>
    /// <param name="scores">One a row.</param>
    /// <param name="labels">One a row, 0 or 1.</param>
    /// <returns>0..1, 1 is perfect.</returns>
    /// <exception cref="ArgumentException">Lengths differ, a score is NaN, a label is not 0 or 1, or one of the classes has no row.</exception>
    public static double RocAuc(ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels)
    {
        var frauds = SortedFrauds(scores, labels, nameof(RocAuc));
        var negatives = labels.Length - frauds.Length;
        if (negatives == 0) throw new ArgumentException($"{nameof(RocAuc)} needs rows labelled 0; all {labels.Length} are labelled 1.");
        // Twice the number of pairs won, so that ties, which count half, stay integers.
        long won = 0;
        for (var row = 0; row < scores.Length; row++)
            if (labels[row] == 0)
                won += 2L * frauds.Length - Below(frauds, scores[row], orEqual: true) - Below(frauds, scores[row], orEqual: false);
        return won / 2.0 / ((double)negatives * frauds.Length);
    }

    static double[] SortedFrauds(ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels, string measure)
    {
        Scored.Check(scores, labels);
        var count = labels.Count((byte)1);
        if (count == 0) throw new ArgumentException($"{measure} needs rows labelled 1; none of {labels.Length} is.");
        var frauds = new double[count];
        for (int row = 0, at = 0; row < labels.Length; row++)
            if (labels[row] == 1) frauds[at++] = scores[row];
        Array.Sort(frauds);
        return frauds;
    }

    /// <summary>For each k, the number of rows labelled 0 that score at least as high as k frauds and lower than the next.</summary>
    static long[] NegativesBetween(double[] frauds, ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels)
    {
        var counts = new long[frauds.Length + 1];
        for (var row = 0; row < scores.Length; row++)
            if (labels[row] == 0) counts[Below(frauds, scores[row], orEqual: true)]++;
        return counts;
    }

    /// <summary>The number of ascending values below (or equal to) the score.</summary>
    static int Below(double[] ascending, double score, bool orEqual)
    {
        int low = 0, high = ascending.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (ascending[middle] < score || (orEqual && ascending[middle] == score)) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}
