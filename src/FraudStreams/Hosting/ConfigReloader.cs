using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using FraudStreams.Access.Audit;
using FraudStreams.Candidates;
using FraudStreams.Configuration;
using FraudStreams.RateLimiting;

namespace FraudStreams.Hosting;

/// <summary>
/// Looks at the configuration files four times a second and applies other rates once a file was saved and then left alone for one look, so that it is not
/// read while it is written. A file that cannot be used changes nothing, and a warning names what is wrong; a key that needs a restart is named too.
/// Asking for length and time of change works on every file system and with every editor's way to save; the operating system's notices do not.
/// </summary>
sealed class ConfigReloader : ReceiveActor, IWithTimers
{
    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    static readonly string[] s_live = ["fraudstreams.speeds.", "fraudstreams.models.promotion", "fraudstreams.models.gate.", "fraudstreams.models.drift.", "fraudstreams.models.retrain."];

    readonly ILoggingAdapter _log = Context.GetLogger();
    readonly ConfigLayers _layers;
    readonly PipelineRates _rates;
    readonly LiveCandidateSettings _candidates;
    readonly AuditLog _audit;
    readonly TimeProvider _time;
    SpeedSettings _inForce;
    ImmutableDictionary<string, string> _settings;
    string _seen;
    string _read;

    /// <param name="started">The settings that the process was started with, by their paths.</param>
    public ConfigReloader(
        ConfigLayers layers, ImmutableDictionary<string, string> started, SpeedSettings inForce, PipelineRates rates, LiveCandidateSettings candidates, AuditLog audit, TimeProvider time)
    {
        (_audit, _time) = (audit, time);
        _layers = layers;
        _rates = rates;
        _candidates = candidates;
        _inForce = inForce;
        _settings = started;
        _seen = Stamp();

        // Read once from here as well: it may have been saved since the settings were, while a first model was trained.
        _read = "";
        Receive<Look>(_ => OnLook());
        Receive<Status.Success>(_ => { });
        Receive<Status.Failure>(failure => _log.Warning("A changed rate is in force and not in the audit log: {Reason}", failure.Cause.GetBaseException().Message));
    }

    sealed record Look
    {
        public static readonly Look Now = new();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(ConfigLayers layers, ImmutableDictionary<string, string> started, SpeedSettings inForce, PipelineRates rates, LiveCandidateSettings candidates, AuditLog audit, TimeProvider time) =>
        Akka.Actor.Props.Create(() => new ConfigReloader(layers, started, inForce, rates, candidates, audit, time));

    protected override void PreStart() => Timers.StartPeriodicTimer("look", Look.Now, Interval);

    void OnLook()
    {
        var stamp = Stamp();
        var stillChanging = stamp != _seen;
        _seen = stamp;
        if (stillChanging || stamp == _read)
            return;
        _read = stamp;
        try
        {
            var settings = FraudSettings.From(_layers.Load());
            var wanted = settings.Speeds;
            Apply("speed_1", _rates.Speed1, _inForce.Speed1, wanted.Speed1);
            Apply("speed_2", _rates.Speed2, _inForce.Speed2, wanted.Speed2);
            Apply("speed_3", _rates.Speed3, _inForce.Speed3, wanted.Speed3);
            _inForce = wanted;
            var candidates = settings.Candidates with { Approvals = _candidates.Current.Approvals };
            if (_candidates.Current != candidates)
                _log.Info("Gate, drift and retraining go by {Settings} from the next look on", candidates);
            _candidates.Current = candidates;
            NameOthers();
        }
        catch (SettingsException e)
        {
            _log.Warning("The saved configuration is refused and what is in force stays as it is: {Reason}", e.Message);
        }
    }

    void Apply(string name, RateLimiter limiter, Rate from, Rate to)
    {
        if (from == to)
            return;
        limiter.Speed = to;
        _log.Info("{Rate} changed from {From} to {To}", name, from, to);

        // The file is there already and holds at every start: it is not held up by a log that is away. Opening that blocks.
        var entry = new AuditEntry(_time.GetUtcNow(), Environment.UserName, "speed.changed", $"{name} of {Environment.MachineName}:{Environment.ProcessId}")
        {
            Before = from.ToString(),
            After = to.ToString(),
            Why = "saved in the configuration",
        };
        _ = Task.Run(() => _audit.AppendAsync(entry)).PipeTo(Self, success: () => new Status.Success(name), failure: e => new Status.Failure(e));
    }

    /// <summary>Everything but the rates, the gate, drift and retraining holds from the next start.</summary>
    void NameOthers()
    {
        var now = SettingsOf(_layers);
        var changed = now.Where(setting => _settings.GetValueOrDefault(setting.Key) != setting.Value && !s_live.Any(live => setting.Key.StartsWith(live, StringComparison.Ordinal)))
            .Select(setting => setting.Key).Order(StringComparer.Ordinal).ToList();
        _settings = now;
        if (changed.Count > 0)
            _log.Warning("Saved, and needs a restart: {Keys}", string.Join(", ", changed));
    }

    public static ImmutableDictionary<string, string> SettingsOf(ConfigLayers layers) => layers.Effective().ToImmutableDictionary(setting => setting.Path, setting => setting.Value);

    string Stamp() => string.Join('|', _layers.Files.Select(path =>
    {
        var file = new FileInfo(path);
        return file.Exists ? $"{file.LastWriteTimeUtc.Ticks}:{file.Length}" : "gone";
    }));
}
