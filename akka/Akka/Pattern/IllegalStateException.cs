using Akka.Actor;

namespace Akka.Pattern;

public class IllegalStateException(string message) : AkkaException(message);
