using System.Collections;
using System.Collections.Immutable;
using System.Reflection;
using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace FraudStreams.Configuration;

/// <summary>
/// Where a setting comes from, weakest first: the defaults inside the program, hocon/fraudstreams.conf in the current directory, what the
/// command implies, the file of --config, the environment, --set. Loading again reads the files again; the other layers do not change.
/// </summary>
public sealed class ConfigLayers
{
    /// <summary>The source of a setting that no layer changes.</summary>
    public const string DefaultSource = "default";

    const string Root = "fraudstreams";

    /// <summary>Below a section that is empty in the defaults any key may stand.</summary>
    const string AnyKey = ".*";

    /// <summary>Where releases before this one had librdkafka's settings for one kind of client.</summary>
    const string FormerKafka = "akka.kafka";

    const string EnvironmentPrefix = "FRAUDSTREAMS__";
    static readonly string DefaultFile = Path.Combine("hocon", "fraudstreams.conf");

    readonly string? _implied;
    readonly string? _environment;
    readonly string? _set;

    public ConfigLayers(
        string? configFile = null, IEnumerable<string>? set = null, string? implied = null, IDictionary? environment = null, string? directory = null)
    {
        var defaultFile = Path.GetFullPath(DefaultFile, directory ?? Directory.GetCurrentDirectory());
        BaseFile = File.Exists(defaultFile) ? defaultFile : null;
        if (configFile is not null)
        {
            ConfigFile = Path.GetFullPath(configFile, directory ?? Directory.GetCurrentDirectory());
            if (!File.Exists(ConfigFile))
                throw new SettingsException($"--config {configFile}: {(Directory.Exists(ConfigFile) ? "is a directory; it must be a file of settings" : "there is no such file")}");
        }

        var known = Leaves(Reference()).ToImmutableHashSet(StringComparer.Ordinal);
        _implied = implied;
        _environment = FromEnvironment(environment ?? System.Environment.GetEnvironmentVariables(), known);
        _set = FromAssignments(set ?? []);
    }

    /// <summary>hocon/fraudstreams.conf of the current directory, where there is one.</summary>
    public string? BaseFile { get; }

    /// <summary>The file of --config, where one was given.</summary>
    public string? ConfigFile { get; }

    /// <summary>The files that a reload reads again.</summary>
    public ImmutableArray<string> Files => [.. new[] { BaseFile, ConfigFile }.OfType<string>()];

    /// <summary>All layers as one configuration. A key under fraudstreams that the defaults do not have is refused.</summary>
    public Config Load() => Layers().Aggregate(ConfigurationFactory.Empty, (below, layer) => layer.Config.IsEmpty ? below : layer.Config.WithFallback(below));

    /// <summary>Every setting under fraudstreams in the order of its path, with the value that holds and the layer that it came from.</summary>
    public ImmutableArray<EffectiveSetting> Effective()
    {
        var layers = Layers();
        var effective = ImmutableSortedDictionary.CreateBuilder<string, EffectiveSetting>(StringComparer.Ordinal);
        foreach (var (source, config) in layers)
        {
            foreach (var (path, value) in Values(config))
                effective[path] = new EffectiveSetting(path, value, source);
        }

        return [.. effective.Values];
    }

    /// <summary>The layers, weakest first.</summary>
    ImmutableArray<(string Source, Config Config)> Layers()
    {
        var reference = Reference();
        var known = Leaves(reference).ToImmutableHashSet(StringComparer.Ordinal);
        var layers = ImmutableArray.CreateBuilder<(string, Config)>();
        layers.Add((DefaultSource, reference));
        if (BaseFile is not null && !SameAs(BaseFile, ConfigFile))
            Add(BaseFile, ParseFile(BaseFile));
        Add("the command", Parse(_implied, "the command"));
        if (ConfigFile is not null)
            Add(ConfigFile, ParseFile(ConfigFile));
        Add("the environment", Parse(_environment, "the environment"));
        Add("--set", Parse(_set, "--set"));
        return layers.ToImmutable();

        void Add(string source, Config layer)
        {
            Check(layer, source, known);
            layers.Add((source, layer));
        }
    }

    /// <summary>The defaults.</summary>
    public static Config Reference() => ConfigurationFactory.ParseString(ReferenceText());

    /// <summary>The defaults as the file that the program carries: every key, with unit and reason.</summary>
    public static string ReferenceText()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("reference.conf")
            ?? throw new InvalidOperationException("the program was built without its defaults, reference.conf");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    static bool SameAs(string file, string? other) => string.Equals(file, other, StringComparison.Ordinal);

    static void Check(Config layer, string source, ImmutableHashSet<string> known)
    {
        if (layer.IsEmpty)
            return;
        if (layer.HasPath(FormerKafka))
            throw new SettingsException($"{source}: {FormerKafka} is read no more: settings of Kafka's clients stand in {Root}.topics.kafka.consumer.client and .producer.client");
        foreach (var leaf in Leaves(layer))
        {
            if (!known.Contains(leaf) && !known.Any(path => MayHold(path, leaf)))
                throw new SettingsException($"{source}: {leaf} is not a setting{Nearest(leaf, known)}");
        }
    }

    /// <summary>Any key may stand in a section that is empty in the defaults, and an empty section in any that they have.</summary>
    static bool MayHold(string known, string leaf) =>
        (known.EndsWith(AnyKey, StringComparison.Ordinal) && leaf.StartsWith(known[..^1], StringComparison.Ordinal))
        || (leaf.EndsWith(AnyKey, StringComparison.Ordinal) && known.StartsWith(leaf[..^1], StringComparison.Ordinal));

    static IEnumerable<(string Path, string Value)> Values(Config config)
    {
        var section = config.GetValue(Root);
        return section is null ? [] : Values(section, Root);
    }

    static IEnumerable<(string Path, string Value)> Values(HoconValue value, string path) => value.IsObject()
        ? value.GetObject()!.Items.SelectMany(item => Values(item.Value, $"{path}.{item.Key}"))
        : [(path, value.IsArray() ? $"[{string.Join(", ", value.GetArray().Select(item => item.GetString()))}]" : value.GetString() ?? "")];

    static Config ParseFile(string file)
    {
        try
        {
            return Parse(File.ReadAllText(file), file, Path.GetDirectoryName(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"{file} cannot be read: {e.Message}", e);
        }
    }

    static Config Parse(string? hocon, string source, string? directory = null)
    {
        if (string.IsNullOrWhiteSpace(hocon))
            return ConfigurationFactory.Empty;
        if (HoconNesting.Fault(hocon) is { } fault)
            throw new SettingsException($"{source} is not valid HOCON: {fault}");
        try
        {
            return ConfigurationFactory.ParseString(hocon, name => Include(name, directory));
        }
        catch (Exception e) when (e is not SettingsException)
        {
            // Which exception a syntax error is differs between versions of the parser; every one of them is a fault of the text.
            throw new SettingsException($"{source} is not valid HOCON: {e.Message}", e);
        }
    }

    static HoconRoot Include(string name, string? directory)
    {
        var file = Path.GetFullPath(name, directory ?? Directory.GetCurrentDirectory());
        if (!File.Exists(file))
            throw new SettingsException($"include \"{name}\": there is no file {file}");
        var hocon = File.ReadAllText(file);
        return HoconNesting.Fault(hocon) is { } fault
            ? throw new SettingsException($"{file} is not valid HOCON: {fault}")
            : Parser.Parse(hocon, inner => Include(inner, Path.GetDirectoryName(file)));
    }

    /// <summary>The paths under fraudstreams that hold a value, not a section; an empty section stands for whatever it may hold.</summary>
    static IEnumerable<string> Leaves(Config config)
    {
        var section = config.GetValue(Root);
        return section is null ? [] : Leaves(section, Root);
    }

    static IEnumerable<string> Leaves(HoconValue value, string path) =>
        !value.IsObject() ? [path]
        : value.GetObject()!.Items.Count == 0 ? [path + AnyKey]
        : value.GetObject()!.Items.SelectMany(item => Leaves(item.Value, $"{path}.{item.Key}"));

    static string? FromEnvironment(IDictionary environment, ImmutableHashSet<string> known)
    {
        var byVariable = known.ToDictionary(VariableOf, StringComparer.Ordinal);
        var assignments = new List<string>();
        foreach (DictionaryEntry entry in environment)
        {
            if (entry.Key is not string name || !name.StartsWith(EnvironmentPrefix, StringComparison.Ordinal))
                continue;
            if (!byVariable.TryGetValue(name, out var path))
                throw new SettingsException($"the environment variable {name} names no setting: it would be a path that `fraudstreams config` lists, in capitals, \".\" as \"__\" and \"-\" as \"_\"");
            assignments.Add($"{path} = {Quoted(entry.Value as string ?? "")}");
        }

        return assignments.Count == 0 ? null : string.Join('\n', assignments);
    }

    static string VariableOf(string path) => path.ToUpperInvariant().Replace(".", "__").Replace('-', '_');

    static string? FromAssignments(IEnumerable<string> assignments)
    {
        var lines = assignments.Select(assignment =>
        {
            var equals = assignment.IndexOf('=');
            if (equals <= 0)
                throw new SettingsException($"--set {assignment}: it must be key=value, such as speeds.speed_1=50/s");
            var key = assignment[..equals].Trim();
            if (key != Root && !key.StartsWith(Root + ".", StringComparison.Ordinal) && !key.StartsWith("akka.", StringComparison.Ordinal))
                key = $"{Root}.{key}";
            return $"{key} = {Quoted(assignment[(equals + 1)..].Trim())}";
        }).ToList();
        return lines.Count == 0 ? null : string.Join('\n', lines);
    }

    // Lists and objects are HOCON as they stand; anything else is one text, whatever signs it has.
    static string Quoted(string value) =>
        value.StartsWith('[') || value.StartsWith('{') ? value : $"\"{value.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"";

    static string Nearest(string leaf, IEnumerable<string> known)
    {
        var name = leaf[(leaf.LastIndexOf('.') + 1)..];
        var near = known.Select(path => (path, distance: Distance(path, leaf)))
            .Concat(known.Where(path => path.EndsWith("." + name, StringComparison.Ordinal)).Select(path => (path, distance: 2)))
            .OrderBy(candidate => candidate.distance).First();
        return near.distance <= 4 ? $"; is {near.path} meant?" : "; `fraudstreams config` lists them all";
    }

    /// <summary>Levenshtein's distance: the fewest single-character edits from one to the other.</summary>
    static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}

/// <param name="Value">As it was written.</param>
/// <param name="Source">The layer that it came from: "default", a file, "the command", "the environment" or "--set".</param>
public sealed record EffectiveSetting(string Path, string Value, string Source)
{
    /// <summary>What stands for a secret where settings are shown.</summary>
    const string Mask = "***";

    /// <summary>Endings of keys that hold a secret itself, not the name of a file that does.</summary>
    static readonly ImmutableArray<string> Secrets = ["password", "secret", "token", "key.pem", "jaas.config", "key"];

    /// <summary>The value as it may be shown: secrets, and what follows the host in an address, are masked.</summary>
    public string Shown => Value.Length == 0 ? Value
        : Secrets.Any(ending => Path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) ? Mask
        : Uri.TryCreate(Value, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? $"{address.Scheme}://{address.Authority}/{Mask}"
        : Value;
}
