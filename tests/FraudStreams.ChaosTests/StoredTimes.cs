namespace FraudStreams.ChaosTests;

/// <summary>Storage times for a store that keeps none: rows are in order of arrival, and their number is sampled.</summary>
sealed class StoredTimes
{
    readonly List<(long Rows, long At)> _seen = [];

    public void Saw(long rows)
    {
        if (_seen.Count == 0 || rows > _seen[^1].Rows)
            _seen.Add((rows, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()));
    }

    /// <summary>When row n was first seen, in unix milliseconds; 0 where it was not.</summary>
    public long Of(long row)
    {
        var (low, high) = (0, _seen.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_seen[middle].Rows >= row)
                high = middle;
            else
                low = middle + 1;
        }

        return low < _seen.Count ? _seen[low].At : 0;
    }
}
