using Akka.Actor;

namespace Akka.Configuration;

/// <summary>A setting is missing or senseless, or a text is no HOCON.</summary>
public class ConfigurationException : AkkaException
{
    public ConfigurationException(string message) : base(message)
    {
    }
}
