#nullable disable
using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;

namespace Akka.Persistence;

/// <summary>Gives a system its journals and snapshot stores: each an actor of its own, made when first asked for.</summary>
public class Persistence : ExtensionIdProvider<PersistenceExtension>
{
    public static Persistence Instance { get; } = new();

    public override PersistenceExtension CreateExtension(ExtendedActorSystem system) => new(system);

    public static Config DefaultConfig() => ConfigurationFactory.FromResource<Persistence>("Akka.Persistence.persistence.conf");
}

public class PersistenceExtension : IExtension
{
    const string JournalDefault = "akka.persistence.journal.plugin";
    const string JournalFallback = "akka.persistence.journal-plugin-fallback";
    const string SnapshotDefault = "akka.persistence.snapshot-store.plugin";
    const string SnapshotFallback = "akka.persistence.snapshot-store-plugin-fallback";

    readonly ExtendedActorSystem _system;
    readonly ConcurrentDictionary<string, Lazy<IActorRef>> _plugins = new();

    public PersistenceExtension(ExtendedActorSystem system)
    {
        _system = system;
        system.Settings.InjectTopLevelFallback(Persistence.DefaultConfig());
    }

    public IActorRef JournalFor(string journalPluginId) => Plugin(PathOf(journalPluginId, JournalDefault), JournalFallback);

    public IActorRef SnapshotStoreFor(string snapshotPluginId) => Plugin(PathOf(snapshotPluginId, SnapshotDefault), SnapshotFallback);

    internal Config JournalConfigFor(string journalPluginId) => ConfigAt(PathOf(journalPluginId, JournalDefault), JournalFallback);

    /// <summary>The section of the plugin that an actor is; an actor outside /system has that of the fallback alone.</summary>
    internal Config ConfigOf(IActorRef plugin, bool isJournal) => ConfigAt(plugin.Path.Name, isJournal ? JournalFallback : SnapshotFallback);

    string PathOf(string pluginId, string byDefault) => string.IsNullOrEmpty(pluginId) ? _system.Settings.Config.GetString(byDefault) : pluginId;

    IActorRef Plugin(string path, string fallback) =>
        _plugins.GetOrAdd(path ?? "", at => new Lazy<IActorRef>(() => Create(at, ConfigAt(at, fallback)))).Value;

    Config ConfigAt(string path, string fallback)
    {
        var config = _system.Settings.Config;
        if (string.IsNullOrEmpty(path) || !config.HasPath(path))
            throw new ArgumentException($"Persistence config is missing plugin config path for: {path}");
        return config.GetConfig(path).WithFallback(config.GetConfig(fallback));
    }

    IActorRef Create(string path, Config config)
    {
        var className = config.GetString("class");
        if (string.IsNullOrEmpty(className))
            throw new ArgumentException($"Plugin class name must be defined in config property [{path}.class]");
        var type = ActorSystemImpl.TypeNamed(className) ?? throw new ArgumentException($"[{path}.class] names [{className}], which cannot be found.");
        object[] arguments = type.GetConstructor([typeof(Config)]) is null ? [] : [config];
        return _system.SystemActorOf(new Props(type, arguments), path);
    }
}
