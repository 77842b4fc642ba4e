using System.Collections.Immutable;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Model.Drift;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;

namespace FraudStreams.ModelOps.Registry;

/// <summary>
/// What people ask of the registry, from a command line or over an API: checked, done, and answered with what holds then. Who asks is given by name. Call
/// <see cref="ModelRegistry.RefreshAsync"/> before what only reads. One caller at a time.
/// </summary>
/// <exception cref="RegistryException">It does not do what was asked; the message is for the person who asked.</exception>
sealed class ModelService(ModelRegistry registry, LocalModels local, IPromotionGate gate, RegistrySettings settings, TimeProvider time)
{
    static readonly TimeSpan s_gatePatience = TimeSpan.FromSeconds(10);

    public RegistryState State => registry.State;

    public ModelList List() => new(
        State.Champion, State.Challenger, State.ProbationUntil is { } until && until > time.GetUtcNow() ? until : null, [.. State.Versions.Values.Select(SummaryOf)],
        [.. State.Requests.Values]);

    public ModelDetails Show(string version)
    {
        var model = registry[version].Model;
        return new ModelDetails(
            SummaryOf(version), model.Metrics, model.Threshold, model.ThresholdRule, [.. State.History.Where(entry => entry.Version == version).Select(HistoryLine.Of)]);
    }

    public async Task<ModelHistory> HistoryAsync(bool verify, CancellationToken cancellationToken)
    {
        var problems = verify ? await registry.VerifyAsync(cancellationToken) : [];
        if (problems.Count == 0)
            await registry.RefreshAsync(cancellationToken);
        return new ModelHistory([.. State.History.Select(HistoryLine.Of)], State.Head, [.. problems]);
    }

    /// <inheritdoc cref="ModelRegistry.DriftReferenceAsync"/>
    public Task<DriftReference?> DriftReferenceAsync(string version, CancellationToken cancellationToken) => registry.DriftReferenceAsync(version, cancellationToken);

    /// <summary>Who put a version there that decided at a moment.</summary>
    public ServiceRecord Who(string version, DateTimeOffset at) => ServiceRecord.Of(State.History, version, at);

    /// <summary>In service, or with so many approvals missing; with what the gate says of it, which the person may overrule.</summary>
    public async Task<ModelSummary> PromoteAsync(string version, string actor, string why, CancellationToken cancellationToken)
    {
        await CheckAsync(version, cancellationToken);
        var said = State.Requests.ContainsKey(version) ? null : await AskGateAsync(version, cancellationToken);
        await registry.PromoteAsync(version, actor, why, settings.Approvals, cancellationToken, said?.Entry);
        Follow();
        return SummaryOf(version) with { Gate = said };
    }

    /// <summary>Not for longer than a person waits: others who ask the registry, such as for the version before, wait meanwhile.</summary>
    async Task<GateOpinion?> AskGateAsync(string version, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var asked = gate.AskAsync(State, version, patience.Token);
        try
        {
            return await asked.WaitAsync(s_gatePatience, cancellationToken);
        }
        catch (TimeoutException)
        {
            await patience.CancelAsync();
            return GateOpinion.NotJudged($"it had not answered within {s_gatePatience.TotalSeconds:0} s: `fraudstreams models gate` takes the time that it needs");
        }
    }

    /// <summary>In service, or with so many approvals missing.</summary>
    public async Task<ModelSummary> ApproveAsync(string version, string actor, string why, CancellationToken cancellationToken)
    {
        await registry.ApproveAsync(version, actor, why, cancellationToken);
        Follow();
        return SummaryOf(version);
    }

    /// <summary>The version that is in service again.</summary>
    /// <param name="to">The version that it has to be, as the person saw it; null for whichever it is.</param>
    public async Task<ModelSummary> RollBackAsync(string actor, string why, CancellationToken cancellationToken, string? to = null)
    {
        var version = await registry.RollBackAsync(actor, why, cancellationToken, to);
        Follow();
        return SummaryOf(version);
    }

    public async Task<ModelSummary> ChangeThresholdAsync(string version, double threshold, string actor, string why, CancellationToken cancellationToken)
    {
        await registry.ChangeThresholdAsync(version, threshold, actor, why, cancellationToken);
        Follow();
        return SummaryOf(version);
    }

    /// <summary>It scores the champion's payments in its shadow.</summary>
    public async Task<ModelSummary> ChallengeAsync(string version, string actor, string why, CancellationToken cancellationToken)
    {
        await CheckAsync(version, cancellationToken);
        await registry.ChallengeAsync(version, actor, why, cancellationToken);
        return SummaryOf(version);
    }

    /// <summary>The version that challenges no more.</summary>
    /// <param name="version">The one that has to be the challenger, as the person saw it; null for whichever is.</param>
    public async Task<ModelSummary> StandDownAsync(string actor, string why, CancellationToken cancellationToken, string? version = null)
    {
        version ??= State.Challenger ?? throw new RegistryException("no version challenges the champion");
        await registry.StandDownAsync(version, actor, why, cancellationToken, isRefused: true);
        return SummaryOf(version);
    }

    /// <summary>Measures versions on the same labelled payments.</summary>
    /// <param name="history">The payments, read with the schema of a version.</param>
    public async Task<ImmutableArray<Evaluation>> CompareAsync(
        IEnumerable<string> versions, Func<TransactionSchema, IHistory> history, WorkProgress progress, CancellationToken cancellationToken)
    {
        var reports = ImmutableArray.CreateBuilder<Evaluation>();
        foreach (var version in versions)
        {
            var model = await registry.LoadAsync(version, cancellationToken);
            reports.Add(Evaluator.Evaluate(model, history(model.Schema), progress, cancellationToken));
        }

        return reports.ToImmutable();
    }

    /// <summary>Takes a version of another installation of this program into the registry.</summary>
    /// <param name="from">Its folder.</param>
    /// <param name="why">Null: where it came from.</param>
    public async Task<ModelSummary> ImportAsync(string from, string actor, string? why, CancellationToken cancellationToken)
    {
        var model = ModelArtifact.Load(from);
        if (await SchemaInServiceAsync(cancellationToken) is { } inService && inService != model.Schema)
            throw new SettingsException($"{model.Version} scores payments of schema {model.Schema.Name}; the stream's are of another schema {inService.Name}");
        if (State.Versions.ContainsKey(model.Version))
            throw new RegistryException($"{model.Version} is in the registry already");
        var (folder, package) = (local.FolderOf(model.Version), ArtifactPackage.Of(from));
        Directory.CreateDirectory(local.Directory);
        if (!Directory.Exists(folder))
            package.Unpack(folder);
        else if (ArtifactPackage.Of(folder).Sha256 != package.Sha256)
            throw new RegistryException($"{folder} is another version with the name {model.Version}: remove it first");
        await registry.RegisterAsync(model.Card, actor, why ?? $"imported from {from}", cancellationToken);
        return SummaryOf(model.Version);
    }

    /// <summary>Makes a version of a model that another library trained.</summary>
    /// <param name="file">The model's file.</param>
    /// <param name="map">What its features are (<see cref="FeatureMap"/>).</param>
    /// <param name="threshold">The score from which a payment is predicted a fraud.</param>
    /// <param name="expected">A CSV of payments with the scores that the model must give them; null for none.</param>
    /// <param name="schema">The schema of its features, where no version is in service.</param>
    /// <param name="why">Null: where it came from.</param>
    public async Task<ImportedModel> ImportForeignAsync(
        string file, string map, double threshold, string? expected, TransactionSchema schema, string actor, string? why, CancellationToken cancellationToken)
    {
        var inService = await SchemaInServiceAsync(cancellationToken);
        var imported = ForeignImport.Run(file, map, threshold, expected, inService ?? schema, inService is not null, local, time, cancellationToken);
        await registry.RegisterAsync(imported.Model.Card, actor, why ?? $"imported from {file}", cancellationToken);
        return new ImportedModel(SummaryOf(imported.Model.Version), imported, inService ?? schema);
    }

    async Task<TransactionSchema?> SchemaInServiceAsync(CancellationToken cancellationToken) =>
        State.Champion is { } champion ? (await registry.LoadAsync(champion, cancellationToken)).Schema : null;

    /// <summary>A version that this program cannot use goes into service nowhere, and into nobody's shadow.</summary>
    async Task CheckAsync(string version, CancellationToken cancellationToken)
    {
        var model = await registry.LoadAsync(version, cancellationToken);
        if (State.Champion != version && await SchemaInServiceAsync(cancellationToken) is { } inService && inService != model.Schema)
        {
            throw new RegistryException(
                $"{version} scores payments of schema {model.Schema.Name}, and not of the schema that {State.Champion} does: the stream would have to start anew with it");
        }
    }

    /// <summary>A start of this folder without its topics finds the same version.</summary>
    void Follow()
    {
        if (State.Champion is { } champion && Directory.Exists(local.FolderOf(champion)))
            local.Follow(State);
    }

    ModelSummary SummaryOf(string version) => SummaryOf(registry[version]);

    ModelSummary SummaryOf(RegisteredVersion version) => ModelSummary.Of(State, version);
}
