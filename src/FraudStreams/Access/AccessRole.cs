using System.Collections.Immutable;

namespace FraudStreams.Access;

/// <summary>What somebody may do. Each includes what <see cref="AccessRoles.Including"/> says; a model owner reads, and decides about models alone.</summary>
public enum AccessRole
{
    /// <summary>Reads, masked, and scores what-if.</summary>
    Viewer,

    /// <summary>Also decides cases, posts labels and records payments.</summary>
    Analyst,

    /// <summary>Also turns valves, reads the audit log and unmasks a payment.</summary>
    Supervisor,

    /// <summary>A viewer who also promotes models, rolls them back and sets thresholds.</summary>
    ModelOwner,

    /// <summary>Everything.</summary>
    Admin,
}

/// <summary>The roles by the names that settings, keys and tokens have.</summary>
public static class AccessRoles
{
    static readonly ImmutableSortedDictionary<AccessRole, string> s_names = ImmutableSortedDictionary.CreateRange(
    [
        KeyValuePair.Create(AccessRole.Viewer, "viewer"),
        KeyValuePair.Create(AccessRole.Analyst, "analyst"),
        KeyValuePair.Create(AccessRole.Supervisor, "supervisor"),
        KeyValuePair.Create(AccessRole.ModelOwner, "model-owner"),
        KeyValuePair.Create(AccessRole.Admin, "admin"),
    ]);

    public static string Forms => string.Join(", ", s_names.Values);

    public static string Name(this AccessRole role) => s_names[role];

    public static AccessRole? Find(string name) => s_names.FirstOrDefault(known => known.Value == name) is { Value: not null } found ? found.Key : null;

    /// <summary>The roles that may do what needs this one at least.</summary>
    public static ImmutableArray<AccessRole> Including(AccessRole least) => least switch
    {
        AccessRole.Viewer => [AccessRole.Viewer, AccessRole.Analyst, AccessRole.Supervisor, AccessRole.ModelOwner, AccessRole.Admin],
        AccessRole.Analyst => [AccessRole.Analyst, AccessRole.Supervisor, AccessRole.Admin],
        AccessRole.Supervisor => [AccessRole.Supervisor, AccessRole.Admin],
        AccessRole.ModelOwner => [AccessRole.ModelOwner, AccessRole.Admin],
        _ => [AccessRole.Admin],
    };
}
