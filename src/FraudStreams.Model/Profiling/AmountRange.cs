using System.Globalization;

namespace FraudStreams.Model.Profiling;

/// <summary>Ranges of amounts: 1, 2, 5, 10, 20, 50, …</summary>
static class AmountRange
{
    const int Negative = -2, Zero = -1;

    static readonly double[] s_steps = [1, 2, 5];

    /// <summary>The number of the range that an amount lies in; by ascending amounts.</summary>
    public static int Of(double amount)
    {
        if (amount < 0)
            return Negative;
        if (amount == 0)
            return Zero;
        var range = 0;
        while (amount >= From(range + 1))
            range++;
        return range;
    }

    public static string NameOf(int range) => range switch
    {
        Negative => "below 0",
        Zero => "0",
        0 => "below 1",
        _ => $"{Text(From(range))} to {Text(From(range + 1))}",
    };

    /// <summary>Range 1 begins at 1.</summary>
    static double From(int range) => s_steps[(range - 1) % 3] * Math.Pow(10, (range - 1) / 3);

    static string Text(double amount) => amount.ToString("#,0", CultureInfo.InvariantCulture);
}
