using System.Buffers;
using System.Text;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models.Trees;
using FraudStreams.Model.Schemas;

namespace FraudStreams.ModelOps;

/// <summary>Builds a dataset from labelled payments with their features, one by one.</summary>
sealed class LabelledDatasetBuilder(FeaturePlan plan)
{
    readonly ArrayBufferWriter<double> _values = new(4096 * plan.Count);
    readonly List<byte> _labels = [];
    readonly List<long> _times = [];
    readonly List<long> _cards = [];
    readonly List<ulong> _ids = [];
    readonly Dictionary<string, long> _cardNumbers = new(StringComparer.Ordinal);

    /// <param name="features">Of this one row, in the plan's order.</param>
    /// <param name="label">Whether it is a fraud.</param>
    public void Add(TransactionRows rows, int row, ReadOnlySpan<double> features, bool label)
    {
        _values.Write(features);
        _labels.Add(label ? (byte)1 : (byte)0);
        _times.Add(rows.EventTime(row));
        _ids.Add(HashOf(rows.Id(row), rows.EventTime(row)));
        var card = Encoding.Latin1.GetString(rows.Key(row));
        if (!_cardNumbers.TryGetValue(card, out var number))
            _cardNumbers.Add(card, number = _cardNumbers.Count);
        _cards.Add(number);
    }

    /// <summary>The rows in the order in which they were added; null where there are none.</summary>
    public LabelledDataset? Build() =>
        _labels.Count == 0 ? null : new LabelledDataset(new TrainingSet(plan.Columns, _values.WrittenMemory, _labels.ToArray()), [.. _times], [.. _cards]) { Ids = [.. _ids] };

    /// <summary>FNV-1a of the id, spread with the time as MurmurHash3 ends: the same in every process, and sums of it are as good as random.</summary>
    static ulong HashOf(ReadOnlySpan<byte> id, long time)
    {
        unchecked
        {
            var hash = 14695981039346656037UL;
            foreach (var b in id)
                hash = (hash ^ b) * 1099511628211UL;
            hash ^= (ulong)time;
            hash = (hash ^ (hash >> 33)) * 0xFF51AFD7ED558CCDUL;
            hash = (hash ^ (hash >> 33)) * 0xC4CEB9FE1A85EC53UL;
            return hash ^ (hash >> 33);
        }
    }
}
