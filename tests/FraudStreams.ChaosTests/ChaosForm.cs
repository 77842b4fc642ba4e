using System.Globalization;

namespace FraudStreams.ChaosTests;

/// <summary>The size of the scenarios: FRAUDSTREAMS_CHAOS=short for every build in CI, long for the thorough one.</summary>
static class ChaosForm
{
    const int FirstSeed = 20261121;

    static readonly string? Form = Environment.GetEnvironmentVariable("FRAUDSTREAMS_CHAOS");

    /// <summary>Scenarios run when they are asked for, by any of the forms.</summary>
    public static bool IsWanted { get; } = Form is { Length: > 0 };

    public static bool IsLong { get; } = Form == "long";

    /// <summary>Three brokers take two minutes even in the short form, so they run only with FRAUDSTREAMS_CHAOS=cluster, or long.</summary>
    public static bool HasCluster { get; } = Form is "long" or "cluster";

    /// <summary>The seed of all scenarios; each adds its own number.</summary>
    public static int Seed { get; } =
        Environment.GetEnvironmentVariable("FRAUDSTREAMS_CHAOS_SEED") is { Length: > 0 } seed ? int.Parse(seed, CultureInfo.InvariantCulture) : FirstSeed;

    /// <summary>How long a run may take before it counts as hung.</summary>
    public static int LimitSeconds => Of(120, 900);

    public static T Of<T>(T shortForm, T longForm) => IsLong ? longForm : shortForm;
}
