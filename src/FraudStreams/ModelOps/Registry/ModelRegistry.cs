using System.Globalization;
using System.Text;
using FraudStreams.Messaging;
using FraudStreams.Model.Drift;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.Topics;

namespace FraudStreams.ModelOps.Registry;

/// <summary>
/// The model registry that all hosts of a stream share: an append-only history in topic `models`, each entry sealed with a hash that covers the ones
/// before it, and the versions' artifacts beside them. A host keeps the versions that it uses in its own folder and fetches those that it lacks. Two
/// writers at once are settled by the topic's order: the second entry does not follow the first and is made anew. One caller at a time.
/// </summary>
/// <param name="probation">How long the former champion scores in the shadow of a version that is put into service here, and that one is watched; zero: not at all.</param>
public sealed partial class ModelRegistry(IMessageLog topics, LocalModels local, TimeSpan probation, TimeProvider time) : IAsyncDisposable
{
    const int MostTries = 20;
    const int MostCharacters = 1000;

    static readonly TopicPartition Partition = new(TopicNames.Models, 0);
    static readonly byte[] EntryKey = "entry"u8.ToArray();

    readonly Dictionary<string, WrittenPackage> _artifacts = [];
    IPartitionReader? _reader;
    string? _damage;

    public RegistryState State { get; } = new();

    /// <summary>How the program signs its own entries.</summary>
    public static string Program => $"fraudstreams@{Environment.MachineName}";

    /// <exception cref="RegistryException">There is no such version.</exception>
    public RegisteredVersion this[string version] => Find(State, version);

    /// <summary>Reads what was written since the last call.</summary>
    /// <exception cref="MessageLogException">The topic cannot be read now.</exception>
    /// <exception cref="RegistryException">An entry was changed, removed or replaced: what comes after it is not to be trusted, and nothing is done.</exception>
    public Task RefreshAsync(CancellationToken cancellationToken) => ReadAsync(wait: true, cancellationToken);

    /// <summary>Takes what has come by now, without asking the broker whether there is more: it sends what is written anyway, once this registry was read. That there is no broker is not noticed.</summary>
    /// <exception cref="RegistryException">As with <see cref="RefreshAsync"/>.</exception>
    public Task TakeArrivedAsync(CancellationToken cancellationToken) => ReadAsync(wait: false, cancellationToken);

    async Task ReadAsync(bool wait, CancellationToken cancellationToken)
    {
        _reader ??= topics.OpenReader(Partition, 0);
        while (await _reader.NextAsync(wait, cancellationToken) is { Count: > 0 } records)
        {
            foreach (var record in records)
                Take(record);
        }

        if (_damage is not null)
            throw new RegistryException($"the history of the model registry (topic {TopicNames.Models}) was changed: {_damage}; `fraudstreams models history --verify` says what is wrong with it");
    }

    /// <summary>Makes a version of the local folder known to all hosts; nothing where it is known already.</summary>
    public async Task RegisterAsync(ModelCard card, string actor, string why, CancellationToken cancellationToken)
    {
        var artifact = ArtifactPackage.Of(local.FolderOf(card.Version));
        await AppendAsync(
            actor,
            state => state.Versions.ContainsKey(card.Version) ? null : Entry(RegistryAction.Registered, card.Version, why) with { Model = RegisteredModel.Of(card, artifact.Sha256) },
            artifact, cancellationToken);
    }

    /// <summary>Puts a version into service on all hosts, or asks for it where others have to approve.</summary>
    /// <param name="approvals">How many others have to approve: 0 puts it into service at once.</param>
    /// <param name="gate">What the gate says of it; null where it was not judged. Left out where champion or challenger are others by now.</param>
    /// <returns>Whether it is in service.</returns>
    public async Task<bool> PromoteAsync(string version, string actor, string why, int approvals, CancellationToken cancellationToken, RegistryGate? gate = null)
    {
        await AppendAsync(actor, state =>
        {
            CheckUsable(state, version);
            if (state.Champion == version)
                return null;
            if (state.Requests.TryGetValue(version, out var request))
                throw new RegistryException($"{request.Entry.Actor} asked for {version} to go into service, and {request.Missing} more must approve: `fraudstreams models approve {version} --why TEXT`");
            return (approvals == 0 ? Entry(RegistryAction.Promoted, version, why) with { ProbationUntil = Until(state) } : Entry(RegistryAction.Requested, version, why) with { Approvals = approvals }) with
            {
                Gate = gate is not null && IsStill(state, gate) ? gate : null,
            };
        }, null, cancellationToken);
        return State.Champion == version;
    }

    /// <summary>Approves a request; with the last approval the version goes into service.</summary>
    /// <returns>Whether it is in service.</returns>
    public async Task<bool> ApproveAsync(string version, string actor, string why, CancellationToken cancellationToken)
    {
        await AppendAsync(actor, state =>
        {
            CheckUsable(state, version);
            if (!state.Requests.TryGetValue(version, out var request))
                throw new RegistryException($"nobody asked for {version} to go into service: `fraudstreams models promote {version} --why TEXT` does");
            if (IsSame(request.Entry.Actor, actor))
                throw new RegistryException($"{actor} asked for {version} to go into service: somebody else has to approve it");
            if (request.ApprovedBy.Any(by => IsSame(by, actor)))
                throw new RegistryException($"{actor} has approved {version} already: {request.Missing} more must");
            return Entry(RegistryAction.Approved, version, why) with { ProbationUntil = Until(state) };
        }, null, cancellationToken);
        return State.Champion == version;
    }

    /// <summary>Puts the version before the champion into service again.</summary>
    /// <param name="to">The version that it has to be; null for whichever it is.</param>
    public async Task<string> RollBackAsync(string actor, string why, CancellationToken cancellationToken, string? to = null)
    {
        await AppendAsync(actor, state =>
        {
            if (state.Before.Count == 0)
                throw new RegistryException($"there is no version to go back to: {state.Champion ?? "nothing"} is in service and none before it can be used");
            return to is null || state.Before[0] == to
                ? Entry(RegistryAction.RolledBack, state.Before[0], why)
                : throw new RegistryException($"{to} is not the version before the champion: {state.Champion} is in service by now, and {state.Before[0]} was before it");
        }, null, cancellationToken);
        return State.Champion!;
    }

    /// <summary>Makes a version the challenger, in place of the one before: it scores the champion's payments in its shadow.</summary>
    public Task ChallengeAsync(string version, string actor, string why, CancellationToken cancellationToken) => AppendAsync(actor, state =>
    {
        if (Find(state, version).Failure is { } failure)
            throw new RegistryException($"{version} cannot challenge: {failure}");
        if (state.Champion is null)
            throw new RegistryException($"{version} cannot challenge: no version is in service");
        if (state.Champion == version)
            throw new RegistryException($"{version} is in service: another version can challenge it");
        return state.Challenger == version && !state.IsChallengerOnProbation ? null : Entry(RegistryAction.Challenged, version, why);
    }, null, cancellationToken);

    /// <summary>Ends a challenge; where the version is not the challenger, nothing is done, or it is refused.</summary>
    public Task StandDownAsync(string version, string actor, string why, CancellationToken cancellationToken, bool isRefused = false) => AppendAsync(
        actor,
        state =>
        {
            if (isRefused && state.Challenger != version)
                throw new RegistryException($"{version} is not the challenger: {state.Challenger ?? "no version"} challenges the champion by now");
            return state.Challenger == version ? Entry(RegistryAction.StoodDown, version, why) : null;
        },
        null, cancellationToken);

    /// <summary>Changes the score from which a version predicts fraud.</summary>
    public Task ChangeThresholdAsync(string version, double threshold, string actor, string why, CancellationToken cancellationToken) => AppendAsync(actor, state =>
    {
        CheckUsable(state, version);
        if (!(threshold is > 0 and <= 1))
            throw new RegistryException($"a threshold of {threshold} makes no sense: it is above 0 and at most 1, such as 0.4");
        return state.Versions[version].Threshold == threshold ? null : Entry(RegistryAction.ThresholdChanged, version, why) with { Threshold = threshold };
    }, null, cancellationToken);

    /// <summary>The version failed while it scored: the given one takes its place, unless another is in service already.</summary>
    public Task FallBackAsync(string failed, string to, string why, CancellationToken cancellationToken) => AppendAsync(
        Program, state => state.Champion == failed && state.Versions.GetValueOrDefault(to) is { Failure: null } ? Entry(RegistryAction.RolledBack, to, OneLine(why)) : null, null,
        cancellationToken);

    /// <summary>The version cannot be used by anybody; where it is the champion, the one before takes its place.</summary>
    public Task FailAsync(string version, string why, CancellationToken cancellationToken) => AppendAsync(
        Program, state => state.Versions.TryGetValue(version, out var known) && known.Failure is null ? Entry(RegistryAction.Failed, version, OneLine(why)) : null, null, cancellationToken);

    /// <summary>Loads a version, with the threshold in force; fetches it where the local folder lacks it or holds it damaged.</summary>
    /// <param name="warn">Is told of a damaged copy.</param>
    /// <exception cref="ModelArtifactException">The registered artifact cannot be used.</exception>
    public async Task<ScoringModel> LoadAsync(string version, CancellationToken cancellationToken, Action<string>? warn = null)
    {
        var known = Find(State, version);
        var folder = local.FolderOf(version);
        if (!Directory.Exists(folder))
            await FetchAsync(known, folder, cancellationToken);
        ScoringModel model;
        try
        {
            model = ModelArtifact.Load(folder);
        }
        catch (ModelArtifactException e) when (!ModelArtifact.IsIntact(folder))
        {
            // A damaged copy is kept aside, for people to look into. One that is as it was written would be no other after it was fetched again.
            var aside = Path.Combine(local.Directory, $".{version}.damaged-{time.GetUtcNow():yyyyMMddHHmmssfff}");
            warn?.Invoke($"This host's copy of model {version} is damaged ({e.Message}): it is put aside as {Path.GetFileName(aside)}, and fetched again from the registry");
            Directory.Move(folder, aside);
            await FetchAsync(known, folder, cancellationToken);
            model = ModelArtifact.Load(folder);
        }

        return model.WithThreshold(known.Threshold);
    }

    /// <summary>What the payments of a version are compared with; null where it has no such thing. Fetches the version where the local folder lacks it.</summary>
    /// <exception cref="ModelArtifactException">The artifact cannot be used.</exception>
    public async Task<DriftReference?> DriftReferenceAsync(string version, CancellationToken cancellationToken)
    {
        var folder = local.FolderOf(version);
        if (!Directory.Exists(folder))
            await FetchAsync(Find(State, version), folder, cancellationToken);
        return DriftReferenceFile.Load(folder);
    }

    /// <summary>Reads the whole history again and says what was changed in it; empty where nothing was.</summary>
    public async Task<IReadOnlyList<string>> VerifyAsync(CancellationToken cancellationToken)
    {
        var (state, problems, strays) = (new RegistryState(), new List<string>(), new List<(long Offset, RegistryEvent Entry)>());
        var packages = new Dictionary<string, ArtifactPieces>();
        await using var reader = topics.OpenReader(Partition, 0);
        while (await reader.NextAsync(wait: true, cancellationToken) is { Count: > 0 } records)
        {
            foreach (var record in records)
            {
                if (ArtifactPieces.PackageOf(record) is { } package)
                    (packages.TryGetValue(package, out var pieces) ? pieces : packages[package] = new ArtifactPieces(package)).Take(record);
                else if (!IsEntry(record))
                    continue;
                else if (RegistryCodec.Read(record.Value.Span, out var reason) is not { } entry)
                    problems.Add($"the entry at offset {record.Offset}: {reason}");
                else if (!state.TryApply(entry))
                    strays.Add((record.Offset, entry));
            }
        }

        // Of two entries written at once the second is a stray, and there is one with its number that counts.
        var lost = strays.Where(stray => stray.Entry.Number > state.History.Count).ToList();
        if (lost is [var first, ..])
        {
            problems.Add($"entry {first.Entry.Number} at offset {first.Offset} does not follow the entry before it: one of them was removed or replaced"
                + (lost.Count > 1 ? $"; so do {lost.Count - 1:N0} entries after it" : ""));
        }

        problems.AddRange(state.Versions.Values
            .Where(version => packages.GetValueOrDefault(version.Model.Artifact) is not { IsIntact: true })
            .Select(version => $"the files of {version.Version} in the topic are not those that were registered"));
        return problems;
    }

    public ValueTask DisposeAsync() => _reader?.DisposeAsync() ?? ValueTask.CompletedTask;

    static bool IsSame(string one, string other) => string.Equals(one.Trim(), other.Trim(), StringComparison.OrdinalIgnoreCase);

    DateTimeOffset? Until(RegistryState state) => probation > TimeSpan.Zero && state.Champion is not null ? time.GetUtcNow() + probation : null;

    static RegistryEvent Entry(RegistryAction action, string version, string why) => new(0, default, "", action, version, why);

    static void CheckUsable(RegistryState state, string version)
    {
        if (Find(state, version).Failure is { } failure)
            throw new RegistryException($"{version} cannot go into service: {failure}");
    }

    static RegisteredVersion Find(RegistryState state, string version) => state.Versions.GetValueOrDefault(version)
        ?? throw new RegistryException(state.Versions.Count == 0
            ? $"there is no version {version}: the registry is empty; `fraudstreams train` or `fraudstreams models import` brings one in"
            : $"there is no version {version}; there are {string.Join(", ", state.Versions.Keys)}, and `fraudstreams models import FOLDER` brings in another");

    static bool IsEntry(TopicRecord record) => record.Key.Span.SequenceEqual(EntryKey);

    void Take(TopicRecord record)
    {
        if (IsEntry(record))
        {
            if (RegistryCodec.Read(record.Value.Span, out var reason) is not { } entry)
                _damage ??= $"the entry at offset {record.Offset}: {reason}";
            else if (!State.TryApply(entry) && entry.Number > State.History.Count)
                _damage ??= $"entry {entry.Number} at offset {record.Offset} does not follow the entry before it";
        }
        else if (ArtifactPieces.PackageOf(record) is { } package)
        {
            if (!_artifacts.TryGetValue(package, out var written))
                _artifacts.Add(package, written = new WrittenPackage());
            written.Take(record);
        }
    }

    /// <param name="make">Makes the entry for the state as it is, or null where nothing is to be done.</param>
    async Task AppendAsync(string actor, Func<RegistryState, RegistryEvent?> make, ArtifactPackage? artifact, CancellationToken cancellationToken)
    {
        CheckLine("name", actor);
        for (var attempt = 0; attempt < MostTries; attempt++)
        {
            await RefreshAsync(cancellationToken);
            if (make(State) is not { } draft)
                return;
            CheckLine("reason", draft.Why);
            var (entry, bytes) = RegistryCodec.Seal(draft with { Number = State.History.Count + 1, At = time.GetUtcNow(), Actor = actor, Previous = State.Head });
            var records = new RecordBatch(1);
            if (artifact is not null && !(_artifacts.GetValueOrDefault(artifact.Sha256)?.IsWhole ?? false))
                ArtifactPieces.Write(records, artifact, topics.LongestRecord(TopicNames.Models));
            records.Add(TopicNames.Models, EntryKey, bytes);
            await topics.PublishAsync(records, cancellationToken);
            await RefreshAsync(cancellationToken);
            if (State.History.Count >= entry.Number && State.History[(int)entry.Number - 1].Hash == entry.Hash)
                return;
        }

        throw new RegistryException($"others change the registry all the time: {MostTries} attempts were too late");
    }

    /// <summary>What a failure said, or what stands in a file of this host, as a reason.</summary>
    public static string OneLine(string text)
    {
        var line = string.Concat(text.EnumerateRunes().Select(rune => BreaksALine(rune) ? " " : rune.ToString())).Trim();
        return line.Length == 0 ? "no reason is known" : line.Length <= MostCharacters ? line : $"{line[..(MostCharacters - 2)]}…";
    }

    static bool BreaksALine(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate;

    /// <summary>What is printed with the history must not look like an entry of its own.</summary>
    static void CheckLine(string what, string text)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Length > MostCharacters || text.EnumerateRunes().Any(BreaksALine))
            throw new RegistryException($"the {what} must be one line of at most {MostCharacters} characters, and not empty");
    }

    async Task FetchAsync(RegisteredVersion version, string folder, CancellationToken cancellationToken)
    {
        var sha256 = version.Model.Artifact;
        if (_artifacts.GetValueOrDefault(sha256) is not { } written)
            throw new ModelArtifactException($"{folder}: is not there, and topic {TopicNames.Models} does not hold it either");
        var pieces = new ArtifactPieces(sha256);
        await using var reader = topics.OpenReader(Partition, written.From);
        while (pieces.Whole is null && await reader.NextAsync(wait: true, cancellationToken) is { Count: > 0 } records)
        {
            foreach (var record in records.Where(record => ArtifactPieces.PackageOf(record) == sha256))
                pieces.Take(record);
        }

        if (pieces.Whole is not { } package)
            throw new ModelArtifactException($"{folder}: topic {TopicNames.Models} holds only {pieces.Count} pieces of it");
        if (!pieces.IsIntact)
            throw new ModelArtifactException($"{folder}: the package in topic {TopicNames.Models} is damaged: its SHA-256 is {package.Sha256}, the registry says {sha256}");
        Directory.CreateDirectory(local.Directory);
        package.Unpack(folder);
    }
}
