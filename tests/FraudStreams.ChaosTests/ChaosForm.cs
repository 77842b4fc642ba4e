using System.Globalization;

namespace FraudStreams.ChaosTests;

/// <summary>The size of the scenarios: the short form for every build, or with FRAUDSTREAMS_CHAOS=long the thorough one.</summary>
static class ChaosForm
{
    const int FirstSeed = 20261121;

    public static bool IsLong { get; } = Environment.GetEnvironmentVariable("FRAUDSTREAMS_CHAOS") == "long";

    /// <summary>Three brokers take two minutes even in the short form, so they run only with FRAUDSTREAMS_CHAOS=cluster, or long.</summary>
    public static bool HasCluster { get; } = IsLong || Environment.GetEnvironmentVariable("FRAUDSTREAMS_CHAOS") == "cluster";

    /// <summary>The seed of all scenarios; each adds its own number.</summary>
    public static int Seed { get; } =
        Environment.GetEnvironmentVariable("FRAUDSTREAMS_CHAOS_SEED") is { Length: > 0 } seed ? int.Parse(seed, CultureInfo.InvariantCulture) : FirstSeed;

    /// <summary>How long a run may take before it counts as hung.</summary>
    public static int LimitSeconds => Of(120, 900);

    public static T Of<T>(T shortForm, T longForm) => IsLong ? longForm : shortForm;
}
