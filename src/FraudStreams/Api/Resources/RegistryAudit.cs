using System.Collections.Immutable;
using System.Globalization;
using FraudStreams.Access.Audit;
using FraudStreams.ModelOps.Registry;

namespace FraudStreams.Api.Resources;

/// <summary>The history of the model registry as changes.</summary>
/// <param name="read">The history as it is now.</param>
sealed class RegistryAudit(Func<CancellationToken, Task<IReadOnlyList<RegistryEvent>>> read) : IAuditSource
{
    public async Task<ImmutableArray<AuditEntry>> ReadAuditAsync(CancellationToken cancellationToken)
    {
        var (entries, state) = (ImmutableArray.CreateBuilder<AuditEntry>(), new RegistryState());
        foreach (var change in await read(cancellationToken))
        {
            var (champion, threshold) = (state.Champion, ThresholdOf(state, change.Version));
            state.TryApply(change);
            var entry = new AuditEntry(change.At, change.Actor, $"model.{NameOf(change.Action)}", change.Version) { Why = change.Why };
            entries.Add(change.Action == RegistryAction.ThresholdChanged ? entry with { Before = threshold, After = ThresholdOf(state, change.Version) }
                : state.Champion != champion ? entry with { Before = champion, After = state.Champion }
                : entry);
        }

        return entries.ToImmutable();
    }

    static string? ThresholdOf(RegistryState state, string version) => state.Versions.TryGetValue(version, out var known) ? known.Threshold.ToString("0.######", CultureInfo.InvariantCulture) : null;

    static string NameOf(RegistryAction action) => action switch
    {
        RegistryAction.RolledBack => "rolled-back",
        RegistryAction.StoodDown => "stood-down",
        RegistryAction.ThresholdChanged => "threshold-changed",
        _ => action.ToString().ToLowerInvariant(),
    };
}
