using FraudStreams.Configuration;

namespace FraudStreams.ModelOps.Registry;

/// <param name="Approvals">How many others have to approve before a version goes into service.</param>
public sealed record RegistrySettings(int Approvals)
{
    public static RegistrySettings From(SettingsSection section) => new(section.Int("approvals", 0, 10));
}
