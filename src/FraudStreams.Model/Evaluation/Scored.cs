namespace FraudStreams.Model.Evaluation;

/// <summary>The input check that all metrics share.</summary>
static class Scored
{
    /// <exception cref="ArgumentException">Lengths differ, there is no row, a score is NaN, or a label is neither 0 nor 1.</exception>
    public static void Check(ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels)
    {
        if (scores.Length != labels.Length)
            throw new ArgumentException($"There are {scores.Length} scores and {labels.Length} labels; each row needs both.");
        if (scores.IsEmpty) throw new ArgumentException("There are no rows to measure.");
        for (var row = 0; row < scores.Length; row++)
            if (double.IsNaN(scores[row])) throw new ArgumentException($"The score of row {row} is NaN.");
        var wrong = labels.IndexOfAnyExceptInRange((byte)0, (byte)1);
        if (wrong >= 0) throw new ArgumentException($"The label of row {wrong} is {labels[wrong]}; it must be 0 or 1.");
    }
}
