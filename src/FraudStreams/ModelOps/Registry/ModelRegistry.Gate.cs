namespace FraudStreams.ModelOps.Registry;

/// <summary>
/// What the gate decides. Each is written only while the two versions that it compared are still champion and challenger: somebody may have changed that
/// since the payments were read.
/// </summary>
public sealed partial class ModelRegistry
{
    /// <summary>Puts the challenger that passed into service, or asks for it where others have to approve.</summary>
    public Task PromoteChallengerAsync(RegistryGate gate, string actor, string why, int approvals, CancellationToken cancellationToken) => AppendAsync(actor, state =>
        !IsStill(state, gate) || state.Requests.ContainsKey(gate.Challenger) ? null
        : approvals == 0 ? Entry(RegistryAction.Promoted, gate.Challenger, why) with { ProbationUntil = Until(state), Gate = gate }
        : Entry(RegistryAction.Requested, gate.Challenger, why) with { Approvals = approvals, Gate = gate }, null, cancellationToken);

    /// <summary>Says that the challenger has passed; a person puts it into service. Once for the two versions.</summary>
    public Task SuggestAsync(RegistryGate gate, string actor, string why, CancellationToken cancellationToken) => AppendAsync(
        actor, state => IsStill(state, gate) && !state.HasPassed(gate.Champion, gate.Challenger) ? Entry(RegistryAction.Suggested, gate.Challenger, why) with { Gate = gate } : null, null,
        cancellationToken);

    /// <summary>Ends the challenge of a version that has lost.</summary>
    public Task LoseAsync(RegistryGate gate, string actor, string why, CancellationToken cancellationToken) => AppendAsync(
        actor, state => IsStill(state, gate) ? Entry(RegistryAction.StoodDown, gate.Challenger, why) with { Gate = gate } : null, null, cancellationToken);

    /// <summary>Puts the version before the champion into service again, which passed against it while it was on probation.</summary>
    public Task RollBackAsync(RegistryGate gate, string actor, string why, CancellationToken cancellationToken) => AppendAsync(
        actor,
        state => state is { IsChallengerOnProbation: true } && (state.Champion, state.Challenger) == (gate.Champion, gate.Challenger) ? Entry(RegistryAction.RolledBack, gate.Challenger, why) with { Gate = gate } : null,
        null, cancellationToken);

    static bool IsStill(RegistryState state, RegistryGate gate) => state.Champion == gate.Champion && state.Challenger == gate.Challenger && !state.IsChallengerOnProbation;
}
