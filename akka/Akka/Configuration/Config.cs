using Akka.Configuration.Hocon;

namespace Akka.Configuration;

/// <summary>
/// Settings read from HOCON: a tree of values, each found by a dotted path (<c>a.b</c>, or <c>a."with.dots"</c>).
/// A missing path gives the default; a value of another kind throws what its conversion throws.
/// </summary>
public class Config
{
    public static readonly Config Empty = ConfigurationFactory.Empty;

    // What this text alone said, and with what its fallbacks add.
    HoconValue? _own;
    HoconValue? _root;

    public Config()
    {
    }

    public Config(HoconRoot root)
    {
        _own = root.Value ?? throw new ArgumentNullException(nameof(root), "The root has no value.");
        _root = _own;
        Substitutions = root.Substitutions;
    }

    /// <summary>Where a value is looked for that this config does not have; <see cref="Root"/> holds both, merged.</summary>
    public Config? Fallback { get; private set; }

    /// <summary>The tree: this config's values over its fallbacks'.</summary>
    public virtual HoconValue Root => _root!;

    public IEnumerable<HoconSubstitution> Substitutions { get; set; } = [];

    public virtual bool IsEmpty => Root == null || Root.IsEmpty;

    public virtual bool HasPath(string path) => GetValue(path) != null;

    public virtual string? GetString(string path, string? @default = null) => GetValue(path) is { } value ? value.GetString() : @default;

    /// <summary><c>on</c>, <c>true</c>, <c>off</c> or <c>false</c>; anything else throws NotSupportedException.</summary>
    public virtual bool GetBoolean(string path, bool @default = false) => GetValue(path)?.GetBoolean() ?? @default;

    public virtual int GetInt(string path, int @default = 0) => GetValue(path)?.GetInt() ?? @default;

    public virtual long GetLong(string path, long @default = 0) => GetValue(path)?.GetLong() ?? @default;

    public virtual float GetFloat(string path, float @default = 0) => GetValue(path)?.GetFloat() ?? @default;

    public virtual double GetDouble(string path, double @default = 0) => GetValue(path)?.GetDouble() ?? @default;

    public virtual decimal GetDecimal(string path, decimal @default = 0) => GetValue(path)?.GetDecimal() ?? @default;

    /// <summary>
    /// Bytes, from a whole number with a unit: <c>k</c> and <c>KiB</c> count 1024, <c>kB</c> 1000, and so on up to <c>E</c>.
    /// </summary>
    public virtual long? GetByteSize(string path) => GetValue(path)?.GetByteSize();

    public virtual long? GetByteSize(string path, long? def = null) => GetValue(path) is { } value ? value.GetByteSize() : def;

    /// <summary>A duration with a unit (<c>5s</c>, <c>1.5 minutes</c>); a bare number counts milliseconds.</summary>
    public virtual TimeSpan GetTimeSpan(string path, TimeSpan? @default = null, bool allowInfinite = true) =>
        GetValue(path)?.GetTimeSpan(allowInfinite) ?? @default.GetValueOrDefault();

    public virtual IList<string> GetStringList(string path) => GetStringList(path, []);

    public virtual IList<string> GetStringList(string path, string[] defaultPaths) => GetValue(path)?.GetStringList() ?? defaultPaths;

    public virtual IList<int> GetIntList(string path) => GetValue(path)!.GetIntList();

    public virtual IList<long> GetLongList(string path) => GetValue(path)!.GetLongList();

    public virtual IList<double> GetDoubleList(string path) => GetValue(path)!.GetDoubleList();

    public virtual IList<bool> GetBooleanList(string path) => GetValue(path)!.GetBooleanList();

    /// <summary>The settings below a path, or null where nothing is there.</summary>
    public virtual Config? GetConfig(string path)
    {
        var own = GetValue(path) is { } value ? new Config(new HoconRoot(value)) : null;
        return own.SafeWithFallback(Fallback?.GetConfig(path));
    }

    /// <summary>The value at a path, or null.</summary>
    /// <exception cref="InvalidOperationException">This config was made without a root.</exception>
    public HoconValue? GetValue(string path)
    {
        var node = Root ?? throw new InvalidOperationException("This config has no root.");
        foreach (var key in HoconPath.Split(path))
        {
            if (node.GetChildObject(key) is not { } child)
                return null;
            node = child;
        }
        return node;
    }

    /// <summary>This config's values, and the fallback's where this has none. Objects are merged, all else is taken whole.</summary>
    public virtual Config WithFallback(Config? fallback)
    {
        if (ReferenceEquals(fallback, this))
            throw new ArgumentException("A config cannot be its own fallback.", nameof(fallback));
        if (fallback == null)
            return this;
        if (IsEmpty)
            return fallback;
        if (Root.GetObject() is not { } over || fallback.Root?.GetObject() is not { } under)
            return this;

        var merged = Copy(fallback);
        merged._root = new HoconValue([under.MergedUnder(over)]);
        return merged;
    }

    protected Config Copy(Config? fallback = null) => new()
    {
        Fallback = Fallback != null ? Fallback.Copy(fallback) : fallback,
        _root = _root,
        Substitutions = Substitutions,
        _own = _own,
    };

    /// <summary>The entries at the top, this config's first, then those that only fallbacks have.</summary>
    public virtual IEnumerable<KeyValuePair<string, HoconValue>> AsEnumerable()
    {
        var seen = new HashSet<string>();
        for (var config = this; config != null; config = config.Fallback)
        {
            foreach (var entry in config.Root.GetObject()!.Items)
            {
                if (seen.Add(entry.Key))
                    yield return entry;
            }
        }
    }

    public override string ToString() => _own?.ToString() ?? "";

    public string ToString(bool includeFallback) => includeFallback ? Root.ToString() : ToString();

    public static Config operator +(Config config, string fallback) => config.WithFallback(ConfigurationFactory.ParseString(fallback));

    public static Config operator +(string configHocon, Config fallbackConfig) =>
        ConfigurationFactory.ParseString(configHocon).WithFallback(fallbackConfig);

    public static implicit operator Config(string str) => ConfigurationFactory.ParseString(str);
}
