using Akka.Configuration;
using Akka.Event;

namespace Akka.Actor;

public class Settings
{
    internal Settings(ActorSystem system, Config? config)
    {
        System = system;
        Config = config ?? new Config();
        LogLevel = "INFO";
        LogDeadLetters = 10;
        LogDeadLettersDuringShutdown = true;
    }

    public ActorSystem System { get; }

    public Config Config { get; }

    public string LogLevel { get; }

    public int LogDeadLetters { get; }

    public bool LogDeadLettersDuringShutdown { get; }
}
