using Akka.Configuration;

namespace Akka.Actor;

/// <summary>An actor system's configuration, over the defaults of Configuration/akka.conf.</summary>
public class Settings
{
    static readonly Config s_defaults = ConfigurationFactory.FromResource("Akka.Configuration.akka.conf", typeof(Settings).Assembly);

    public Settings(ActorSystem system, Config config)
    {
        System = system;
        Config = config.IsNullOrEmpty() ? s_defaults : config.WithFallback(s_defaults);
        LogLevel = Config.GetString("akka.loglevel")!;
        Loggers = Config.GetStringList("akka.loggers");
        LoggerStartTimeout = Config.GetTimeSpan("akka.logger-startup-timeout");
        LogDeadLetters = Config.GetString("akka.log-dead-letters") switch
        {
            "on" or "true" => int.MaxValue,
            "off" or "false" => 0,
            _ => Config.GetInt("akka.log-dead-letters"),
        };
        LogDeadLettersDuringShutdown = Config.GetBoolean("akka.log-dead-letters-during-shutdown");
        SchedulerClass = Config.GetString("akka.scheduler.implementation")!;
        AskTimeout = Config.GetTimeSpan("akka.actor.ask-timeout");
        CoordinatedShutdownTerminateActorSystem = Config.GetBoolean("akka.coordinated-shutdown.terminate-actor-system");
        CoordinatedShutdownRunByActorSystemTerminate = Config.GetBoolean("akka.coordinated-shutdown.run-by-actor-system-terminate");
    }

    public ActorSystem System { get; }
    public Config Config { get; private set; }
    public string LogLevel { get; }
    public IList<string> Loggers { get; }
    public TimeSpan LoggerStartTimeout { get; }
    public int LogDeadLetters { get; }
    public bool LogDeadLettersDuringShutdown { get; }
    public string SchedulerClass { get; }
    public TimeSpan AskTimeout { get; }
    public bool CoordinatedShutdownTerminateActorSystem { get; }
    public bool CoordinatedShutdownRunByActorSystemTerminate { get; }

    /// <summary>Lays further defaults under what is set, as a library does for its own keys.</summary>
    public void InjectTopLevelFallback(Config config) => Config = Config.WithFallback(config);
}
