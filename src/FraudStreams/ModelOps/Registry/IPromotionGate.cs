using System.Collections.Immutable;
using System.Text.Json.Serialization;
using FraudStreams.Model.Evaluation.Promotion;

namespace FraudStreams.ModelOps.Registry;

/// <summary>
/// The gate, as it is asked when somebody puts a version into service, whatever `models.promotion` says: by command line, over HTTP or at the page. It
/// advises, and the person decides: a promotion that goes against it is done, and the answer and the history say so.
/// </summary>
interface IPromotionGate
{
    /// <summary>What the gate says of the version now; null where no other version is in service, so that there is nothing to compare.</summary>
    Task<GateOpinion?> AskAsync(RegistryState state, string version, CancellationToken cancellationToken);
}

/// <summary>What the gate said of a version that somebody puts into service.</summary>
/// <param name="State">Null where it could not judge.</param>
/// <param name="Reasons">Why it has not passed, or could not be judged; empty where it has passed.</param>
sealed record GateOpinion(GateState? State, ImmutableArray<string> Reasons)
{
    /// <summary>Whether the promotion goes against the gate.</summary>
    public bool IsOverruled => State is GateState.Refused or GateState.NotYet;

    /// <summary>What is written beside the person's reason; null where the gate could not judge.</summary>
    [JsonIgnore]
    public RegistryGate? Entry { get; init; }

    public static GateOpinion NotJudged(string why) => new(null, [why]);

    /// <summary>In words, for the person.</summary>
    public override string ToString() => State switch
    {
        GateState.Passed => "The gate has passed it.",
        null => $"The gate has not judged it: {string.Join("; ", Reasons)}.",
        { } state => $"This overrules the gate, which says \"{state.InWords()}\": {string.Join("; ", Reasons)}.",
    };
}
