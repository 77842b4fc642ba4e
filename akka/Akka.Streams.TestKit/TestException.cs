namespace Akka.Streams.TestKit;

public class TestException(string message) : Exception(message);
