using Akka.Actor;
using Akka.Event;
using FraudStreams.Configuration;

namespace FraudStreams.RateLimiting;

/// <summary>
/// Looks at the configuration files four times a second and turns the valves when one was saved and then left alone for one look, so that a
/// file is not read while it is written. A file that cannot be used changes nothing: the speeds stay as they are, and a warning names what is
/// wrong. Asking for length and time of change, rather than waiting for the
/// operating system's notice, works on every file system and with every editor's way to save.
/// </summary>
sealed class ConfigReloader : ReceiveActor, IWithTimers
{
    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    readonly ILoggingAdapter _log = Context.GetLogger();
    readonly ConfigLayers _layers;
    readonly PipelineRates _speeds;
    SpeedSettings _inForce;
    string _seen;
    string _read;

    public ConfigReloader(ConfigLayers layers, SpeedSettings inForce, PipelineRates speeds)
    {
        _layers = layers;
        _speeds = speeds;
        _inForce = inForce;
        _seen = Stamp();

        // Read once from here as well: it may have been saved since the settings were, while a first model was trained.
        _read = "";
        Receive<Look>(_ => OnLook());
    }

    sealed record Look
    {
        public static readonly Look Now = new();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(ConfigLayers layers, SpeedSettings inForce, PipelineRates speeds) =>
        Akka.Actor.Props.Create(() => new ConfigReloader(layers, inForce, speeds));

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
            var wanted = FraudSettings.From(_layers.Load()).Speeds;
            Turn("speed_1", _speeds.Speed1, _inForce.Speed1, wanted.Speed1);
            Turn("speed_2", _speeds.Speed2, _inForce.Speed2, wanted.Speed2);
            Turn("speed_3", _speeds.Speed3, _inForce.Speed3, wanted.Speed3);
            _inForce = wanted;
        }
        catch (SettingsException e)
        {
            _log.Warning("The saved configuration is refused and the speeds stay as they are: {0}", e.Message);
        }
    }

    void Turn(string name, RateLimiter valve, Rate from, Rate to)
    {
        if (from == to)
            return;
        valve.Speed = to;
        _log.Info("{0} turned from {1} to {2}", name, from, to);
    }

    string Stamp() => string.Join('|', _layers.Files.Select(path =>
    {
        var file = new FileInfo(path);
        return file.Exists ? $"{file.LastWriteTimeUtc.Ticks}:{file.Length}" : "gone";
    }));
}
