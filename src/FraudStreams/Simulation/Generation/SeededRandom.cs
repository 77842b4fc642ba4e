namespace FraudStreams.Simulation.Generation;

/// <summary>
/// Random numbers that depend on their seed only, so that payment n is the same whether the payments before it were generated or not.
/// The generator is SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
/// </summary>
struct SeededRandom
{
    const ulong Step = 0x9E3779B97F4A7C15;

    ulong _state;

    SeededRandom(ulong state) => _state = state;

    /// <summary>The random numbers for one purpose (a salt of its own) and one subject.</summary>
    public static SeededRandom For(int seed, ulong salt, long subject) =>
        new(Mix(Mix((uint)seed + (salt << 32)) ^ ((ulong)subject * Step)));

    public static ulong Mix(ulong x)
    {
        x ^= x >> 30;
        x *= 0xBF58476D1CE4E5B9;
        x ^= x >> 27;
        x *= 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }

    public ulong Next() => Mix(_state += Step);

    /// <summary>A number from 0 up to, not including, 1.</summary>
    public double Unit() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A whole number from 0 up to, not including, <paramref name="bound"/>.</summary>
    public int Below(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);

    public int Between(int least, int most) => least + Below(most - least + 1);

    public double Between(double least, double most) => least + ((most - least) * Unit());

    public bool Chance(double probability) => Unit() < probability;

    /// <summary>A standard normal number (Box and Muller, 1958).</summary>
    public double Normal() => Math.Sqrt(-2 * Math.Log(1 - Unit())) * Math.Cos(2 * Math.PI * Unit());

    public double LogNormal(double median, double sigma) => median * Math.Exp(sigma * Normal());

    /// <summary><paramref name="value"/> rounded up or down so that its mean is kept.</summary>
    public int Round(double value) => (int)Math.Floor(value + Unit());

    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var other = Below(i + 1);
            (items[i], items[other]) = (items[other], items[i]);
        }
    }
}

/// <summary>Separates the random numbers of different purposes.</summary>
static class Salt
{
    public const ulong Payment = 1;
    public const ulong Minute = 2;
    public const ulong Towns = 3;
    public const ulong Merchants = 4;
    public const ulong Cards = 5;
    public const ulong Trips = 6;
    public const ulong Frauds = 7;
    public const ulong Id = 8;
}
