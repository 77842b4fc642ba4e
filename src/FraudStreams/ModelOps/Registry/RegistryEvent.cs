using System.Collections.Immutable;
using System.Text.Json.Serialization;
using FraudStreams.Model.Models;

namespace FraudStreams.ModelOps.Registry;

/// <summary>What an entry of the registry says of a version.</summary>
public enum RegistryAction
{
    /// <summary>The version and its artifact are known to all hosts from now on.</summary>
    Registered,

    /// <summary>Somebody wants it in service; it goes into service once enough others approved.</summary>
    Requested,

    /// <summary>Somebody else approved the request.</summary>
    Approved,

    /// <summary>It is the champion.</summary>
    Promoted,

    /// <summary>It was the champion before and is it again.</summary>
    RolledBack,

    /// <summary>Its threshold is another one from now on.</summary>
    ThresholdChanged,

    /// <summary>It cannot be used: it never goes into service again, and where it was the champion the one before is.</summary>
    Failed,

    /// <summary>It is the challenger: it scores the champion's payments in its shadow.</summary>
    Challenged,

    /// <summary>It is the challenger no more.</summary>
    StoodDown,

    /// <summary>It has passed the gate; whether it goes into service is for a person to say.</summary>
    Suggested,
}

/// <summary>One entry of the registry's history: who did what to which version, and why.</summary>
/// <param name="Number">From 1, without gaps.</param>
/// <param name="Actor">A person's name, or "fraudstreams@host" for the program itself.</param>
public sealed record RegistryEvent(long Number, DateTimeOffset At, string Actor, RegistryAction Action, string Version, string Why)
{
    /// <summary>The hash of the entry before; empty for the first.</summary>
    public string Previous { get; init; } = "";

    /// <summary>The new threshold, of <see cref="RegistryAction.ThresholdChanged"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Threshold { get; init; }

    /// <summary>How many others have to approve, of <see cref="RegistryAction.Requested"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Approvals { get; init; }

    /// <summary>Until when the former champion scores in the shadow of the one that this entry puts into service; null where it does not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? ProbationUntil { get; init; }

    /// <summary>What the gate said, of an entry that follows from it or that it was asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RegistryGate? Gate { get; init; }

    /// <summary>The version's card in short, of <see cref="RegistryAction.Registered"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RegisteredModel? Model { get; init; }

    /// <summary>SHA-256 of the entry as it was written, which holds <see cref="Previous"/>: so it covers all entries before.</summary>
    [JsonIgnore]
    public string Hash { get; init; } = "";
}

/// <summary>What the registry keeps of a version's card.</summary>
/// <param name="Artifact">SHA-256 of the packed folder, which stands in the same topic.</param>
/// <param name="Program">The release that trained it.</param>
/// <param name="TrainedFrom">Event time of the first payment it learnt from.</param>
/// <param name="TrainedTo">Event time of the last.</param>
public sealed record RegisteredModel(
    string Artifact, string Schema, DateTimeOffset CreatedAt, string? Parent, double Threshold, string ThresholdRule, DateTimeOffset TrainedFrom,
    DateTimeOffset TrainedTo, long Rows, long Frauds, string? DataDigest, string Program, ImmutableSortedDictionary<string, double> Metrics)
{
    internal static RegisteredModel Of(ModelCard card, string artifact) => new(
        artifact, card.Schema.Name, card.CreatedAt, card.Parent, card.Threshold.Score, card.Threshold.Rule, card.Training.From, card.Training.To,
        card.Training.Rows, card.Training.Frauds, card.Training.Payments, ProgramVersion.Text, card.Metrics);
}
