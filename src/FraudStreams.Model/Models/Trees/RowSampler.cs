namespace FraudStreams.Model.Models.Trees;

/// <summary>Samples rows and features for each tree. A draw depends only on seed, tree and row or feature, not on the order of work.</summary>
sealed class RowSampler(BoostingSettings settings, int features)
{
    const ulong RowsSalt = 0x9E3779B97F4A7C15, FeaturesSalt = 0xC2B2AE3D27D4EB4F;

    /// <summary>Fills the array with the sampled rows, ascending, followed by the others, ascending.</summary>
    /// <returns>Number of sampled rows, at least 1.</returns>
    public int DrawRows(int tree, int[] rows)
    {
        if (settings.SubsampleRows >= 1)
        {
            for (var row = 0; row < rows.Length; row++) rows[row] = row;
            return rows.Length;
        }
        var key = Mix(settings.Seed ^ RowsSalt ^ Mix((ulong)tree));
        var limit = (ulong)(settings.SubsampleRows * ulong.MaxValue);
        int drawn = 0, others = 0;
        for (var row = 0; row < rows.Length; row++)
            if (Mix(key + (ulong)row) < limit) rows[drawn++] = row;
        if (drawn == 0) rows[drawn++] = (int)(key % (ulong)rows.Length);
        for (int row = 0, next = 0; row < rows.Length; row++)
            if (next < drawn && rows[next] == row) next++;
            else rows[drawn + others++] = row;
        return drawn;
    }

    /// <summary>One a feature: whether it may be split by; at least one is true.</summary>
    public bool[] DrawFeatures(int tree)
    {
        var chosen = new bool[features];
        var most = Math.Max(1, (int)Math.Round(features * settings.SubsampleColumns));
        var key = Mix(settings.Seed ^ FeaturesSalt ^ Mix((ulong)tree));
        foreach (var feature in Enumerable.Range(0, features).OrderBy(f => Mix(key + (ulong)f)).Take(most)) chosen[feature] = true;
        return chosen;
    }

    /// <summary>SplitMix64's output function (Steele, Lea, Flood 2014).</summary>
    static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
