using Akka.Actor;
using Akka.Configuration;

namespace Akka.Event;

/// <summary>The first message to a logger named in akka.loggers, which answers with <see cref="LoggerInitialized"/>; log events
/// follow.</summary>
public class InitializeLogger(LoggingBus loggingBus)
{
    public LoggingBus LoggingBus { get; } = loggingBus;
}

public class LoggerInitialized;

internal static class Loggers
{
    internal static void Start(ActorSystemImpl system)
    {
        var settings = system.Settings;
        var number = 0;
        foreach (var name in settings.Loggers)
        {
            var className = name.Split(',')[0].Trim();
            // The TestKit's listener prints too; its filters see the events without it.
            if (className is "Akka.Event.DefaultLogger" or "Akka.TestKit.TestEventListener")
            {
                SubscribeByLevel(system, new StandardOutLogger(((LocalActorRef)system.User).Path.Parent / "StandardOutLogger"));
                continue;
            }
            var type = ActorSystemImpl.TypeNamed(name)
                ?? throw new ConfigurationException($"Logger specified in config cannot be found: \"{name}\"");
            var logger = system.SystemActorOf(Props.Create(type), $"log{++number}-{Logging.SimpleName(type)}");
            // Whoever makes a system may log at once, so its loggers have to be ready before it is handed out.
            var ready = logger.Ask<LoggerInitialized>(new InitializeLogger(system.EventStream)).Wait(settings.LoggerStartTimeout);
            if (ready) SubscribeByLevel(system, logger);
            else system.Log.Warning("Logger {0} did not respond within {1} to InitializeLogger", name, settings.LoggerStartTimeout);
        }
    }

    static void SubscribeByLevel(ActorSystemImpl system, IActorRef logger)
    {
        for (var level = system.EventStream.LogLevel; level <= LogLevel.ErrorLevel; level++)
        {
            system.EventStream.Subscribe(logger, Logging.ClassFor(level));
        }
    }
}
