namespace Akka.Streams;

public enum OverflowStrategy
{
    DropHead = 2,
    DropTail = 3,
    DropBuffer = 4,
    DropNew = 5,
    Backpressure = 6,
    Fail = 7,
}

public enum ThrottleMode
{
    Shaping,
    Enforcing,
}
