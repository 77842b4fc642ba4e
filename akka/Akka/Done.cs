namespace Akka;

/// <summary>Something completed that has no value of its own.</summary>
public sealed class Done
{
    public static readonly Done Instance = new();

    Done()
    {
    }

    public override string ToString() => "Done";
}
