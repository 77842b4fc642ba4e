using System.Collections.Immutable;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps.Registry;

namespace FraudStreams.ModelOps;

/// <summary>
/// The model versions of a data folder: one folder each under models/, and models/champion.json, which names the version in service (the champion) and
/// the ones before it, latest first.
/// </summary>
public sealed class LocalModels(string dataDirectory, TimeProvider time)
{
    static readonly TimeSpan LockPollInterval = TimeSpan.FromMilliseconds(200);
    static readonly Lock s_writing = new();

    public string Directory { get; } = Path.Combine(dataDirectory, "models");

    string PointerFile => Path.Combine(Directory, "champion.json");

    public string FolderOf(string version) => Path.Combine(Directory, version);

    /// <summary>
    /// Locks the training of the first version: one process at a time holds the lock, on any machine or in any container that shares the folder's disk.
    /// Waits for it.
    /// </summary>
    public IDisposable LockFirstTraining(CancellationToken cancellationToken)
    {
        var path = Path.Combine(System.IO.Directory.CreateDirectory(Directory).FullName, ".first.lock");
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                // Another process holds the lock.
                cancellationToken.WaitHandle.WaitOne(LockPollInterval);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>A name that no version has yet: schema and time, and a count where two fall into one second.</summary>
    public string NewVersionName(string schema, DateTimeOffset now)
    {
        var name = $"{schema}-{now:yyyyMMdd-HHmmss}";
        return Enumerable.Range(1, int.MaxValue).Select(n => n == 1 ? name : $"{name}-{n}").First(version => !System.IO.Directory.Exists(FolderOf(version)));
    }

    /// <summary>The version in service, or null where there is none yet.</summary>
    public string? ChampionVersion => ReadPointer()?.Champion;

    /// <summary>The versions that load, the latest first. What is damaged is left out.</summary>
    public ImmutableArray<ScoringModel> GoodVersions() =>
        [.. VersionFolders().Select(TryLoad).OfType<ScoringModel>().OrderByDescending(model => model.Card.CreatedAt).ThenByDescending(model => model.Version, StringComparer.Ordinal)];

    public bool HasVersions => VersionFolders().Any();

    /// <summary>The version in service with the threshold in force, or null where there is none yet.</summary>
    public ScoringModel? Champion()
    {
        if (ReadPointer() is not { } pointer)
            return null;
        var model = ModelArtifact.Load(FolderOf(pointer.Champion));
        return pointer.Threshold is { } threshold ? model.WithThreshold(threshold) : model;
    }

    /// <summary>The version that this host put into service by itself, such as by training, and when; null where it follows the shared registry.</summary>
    public (string Version, string Why, DateTimeOffset Since)? OwnPromotion => TryReadPointer() is { Entry: null } own ? (own.Champion, own.Why, own.Since) : null;

    /// <summary>Notes which version the shared registry has in service, and its threshold in force.</summary>
    public void Follow(RegistryState state) => Promote(state.Champion!, state.InService!.Why, state.InService.Number, state.Versions[state.Champion!].Threshold);

    /// <summary>Notes which version is in service: what a start goes by where the registry says nothing else.</summary>
    public void Promote(string version, string why) => Promote(version, why, null, null);

    void Promote(string version, string why, long? entry, double? threshold)
    {
        // Where the shared registry says what is in service, a damaged note of this host is replaced.
        var pointer = entry is null ? ReadPointer() : TryReadPointer();
        var history = pointer is null ? [] : new[] { pointer.Champion }.Concat(pointer.Before).ToArray();
        var index = Array.IndexOf(history, version);
        // Going back to an earlier version drops the later ones from the history: they are no candidates for the next fallback.
        var before = history[(index + 1)..];
        System.IO.Directory.CreateDirectory(Directory);
        // A command and a running host may write at once, and two threads of a host.
        var temporary = $"{PointerFile}.{Environment.ProcessId}.new";
        lock (s_writing)
        {
            using (var file = File.Create(temporary))
            {
                new ChampionPointer(version, [.. before], why, time.GetUtcNow(), entry, threshold).Write(file);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, PointerFile, overwrite: true);
        }
    }

    /// <summary>The latest version that was in service before <paramref name="version"/>, still loads and fits the schema, if one is given; or null.</summary>
    public ScoringModel? LastGoodBefore(string version, TransactionSchema? schema = null)
    {
        foreach (var earlier in ReadPointer()?.Before ?? [])
        {
            if (earlier == version)
                continue;
            try
            {
                if (ModelArtifact.Load(FolderOf(earlier)) is var model && (schema is null || model.Schema == schema))
                    return model;
            }
            catch (ModelArtifactException)
            {
                // A damaged version is skipped: the next earlier one is tried.
                continue;
            }
        }

        return null;
    }

    /// <summary>Folders that begin with a dot are unfinished.</summary>
    IEnumerable<string> VersionFolders() => System.IO.Directory.Exists(Directory)
        ? System.IO.Directory.EnumerateDirectories(Directory).Where(folder => Path.GetFileName(folder)[0] != '.')
        : [];

    static ScoringModel? TryLoad(string folder)
    {
        try
        {
            return ModelArtifact.Load(folder);
        }
        catch (ModelArtifactException)
        {
            return null;
        }
    }

    ChampionPointer? TryReadPointer()
    {
        try
        {
            return ReadPointer();
        }
        catch (ModelArtifactException)
        {
            return null;
        }
    }

    ChampionPointer? ReadPointer()
    {
        if (!File.Exists(PointerFile))
            return null;
        try
        {
            var pointer = ChampionPointer.Read(File.ReadAllBytes(PointerFile));
            return pointer.Champion.Length > 0 && System.IO.Directory.Exists(FolderOf(pointer.Champion))
                && Path.GetFileName(pointer.Champion) == pointer.Champion
                ? pointer
                : throw Damaged("it names no version of this folder");
        }
        catch (FormatException e)
        {
            throw Damaged(e.Message, e);
        }
    }

    ModelArtifactException Damaged(string why, Exception? cause = null)
    {
        var message = $"{PointerFile} is damaged ({why}): name the version in service in it, or delete it: the next start then names the versions that there are";
        return cause is null ? new ModelArtifactException(message) : new ModelArtifactException(message, cause);
    }
}
