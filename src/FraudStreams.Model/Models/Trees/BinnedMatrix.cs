using System.Runtime.InteropServices;

namespace FraudStreams.Model.Models.Trees;

/// <summary>
/// The bin numbers of a training set in two layouts: one column for each feature, to partition rows by a feature, and rows with eight features
/// packed in each 64-bit word, to update the histograms of eight features with one load.
/// </summary>
sealed class BinnedMatrix
{
    public const int FeaturesInWord = 8;
    const int ChunkRows = 4096;

    BinnedMatrix(byte[][] columns, ulong[] words, int rows)
    {
        Columns = columns;
        Words = words;
        Rows = rows;
    }

    public byte[][] Columns { get; }

    /// <summary>
    /// rows × <see cref="WordsInRow"/>; feature f is byte f % 8, lowest first, of word f / 8. Empty if no histograms are built.
    /// </summary>
    public ulong[] Words { get; }

    public int Rows { get; }

    public int WordsInRow => WordsFor(Columns.Length);

    public static int WordsFor(int features) => (features + FeaturesInWord - 1) / FeaturesInWord;

    public static BinnedMatrix From(TrainingSet set, FeatureBins[] bins, bool withWords, Workers workers)
    {
        var features = bins.Length;
        var columns = new byte[features][];
        for (var f = 0; f < features; f++) columns[f] = new byte[set.Rows];
        var perRow = WordsFor(features);
        var words = withWords ? new ulong[(long)set.Rows * perRow] : [];
        workers.RunChunks(set.Rows, ChunkRows, (start, count) =>
        {
            var values = set.Values.Span.Slice(start * features, count * features);
            for (var f = 0; f < features; f++) bins[f].Fill(values[f..], features, columns[f].AsSpan(start, count));
            if (!withWords) return;
            var bytes = MemoryMarshal.AsBytes(words.AsSpan(start * perRow, count * perRow));
            for (var f = 0; f < features; f++)
            {
                var column = columns[f].AsSpan(start, count);
                for (var row = 0; row < column.Length; row++) bytes[row * perRow * FeaturesInWord + f] = column[row];
            }
        });
        return new BinnedMatrix(columns, words, set.Rows);
    }
}
