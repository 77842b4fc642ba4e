using System.Globalization;

namespace FraudStreams.ChaosTests;

/// <summary>How much is done: the short form for every build, or with FRAUDSTREAMS_CHAOS=long the one to believe in.</summary>
static class ChaosForm
{
    const int FirstSeed = 20261121;

    public static bool IsLong { get; } = Environment.GetEnvironmentVariable("FRAUDSTREAMS_CHAOS") == "long";

    /// <summary>Three brokers take two minutes in the short form too, so that it has them only with FRAUDSTREAMS_CHAOS=cluster.</summary>
    public static bool HasCluster { get; } = IsLong || Environment.GetEnvironmentVariable("FRAUDSTREAMS_CHAOS") == "cluster";

    /// <summary>What the moments of all scenarios follow from; each adds a number of its own.</summary>
    public static int Seed { get; } =
        Environment.GetEnvironmentVariable("FRAUDSTREAMS_CHAOS_SEED") is { Length: > 0 } seed ? int.Parse(seed, CultureInfo.InvariantCulture) : FirstSeed;

    /// <summary>How long a run may take to come to its end before it counts as hung.</summary>
    public static int LimitSeconds => Of(120, 900);

    public static T Of<T>(T shortForm, T longForm) => IsLong ? longForm : shortForm;
}
