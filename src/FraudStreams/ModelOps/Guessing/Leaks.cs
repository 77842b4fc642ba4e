namespace FraudStreams.ModelOps.Guessing;

/// <summary>Columns that say the label: whoever learns from them has learnt nothing.</summary>
static class Leaks
{
    const int FewestFrauds = 10;
    const double TooGood = 0.999;

    /// <summary>
    /// Area under the ROC curve of a column by itself, of values as they are or, for a text, by the share of frauds with that value; 0.5 to 1, either way round. 0.5
    /// where the sample has too few frauds to tell.
    /// </summary>
    public static double Strength(ColumnProfile column, bool?[] labels)
    {
        var (frauds, others) = (labels.Count(label => label == true), labels.Count(label => label == false));
        if (frauds < FewestFrauds || others < FewestFrauds || (!column.IsNumber && column.Distinct > Math.Max(20, frauds)))
            return 0.5;
        var byValue = new Dictionary<string, (int Frauds, int All)>(StringComparer.Ordinal);
        if (!column.IsNumber)
        {
            for (var row = 0; row < labels.Length; row++)
            {
                var (of, all) = byValue.GetValueOrDefault(column.Values[row]);
                byValue[column.Values[row]] = (of + (labels[row] == true ? 1 : 0), all + (labels[row] is null ? 0 : 1));
            }
        }

        // The rank sum with half ranks for ties (Mann and Whitney, 1947). A missing value is lower than any.
        var scores = Enumerable.Range(0, labels.Length).Where(row => labels[row] is not null)
            .Select(row => (Score: column.IsNumber
                ? double.IsNaN(column.Numbers[row]) ? double.MinValue : column.Numbers[row]
                : byValue[column.Values[row]] is var (of, all) ? of / (double)Math.Max(1, all) : 0, Fraud: labels[row] == true))
            .OrderBy(row => row.Score).ToList();
        var (ranks, start) = (0.0, 0);
        while (start < scores.Count)
        {
            var end = start + 1;
            while (end < scores.Count && scores[end].Score == scores[start].Score)
                end++;
            ranks += (start + end + 1) / 2.0 * scores.Take(start..end).Count(row => row.Fraud);
            start = end;
        }

        var area = (ranks - (frauds * (frauds + 1.0) / 2)) / ((double)frauds * others);
        return Math.Max(area, 1 - area);
    }

    public static bool IsOne(double strength) => strength >= TooGood;
}
