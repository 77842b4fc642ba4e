namespace Akka.TestKit;

/// <summary>The TestKit's failures as xunit's.</summary>
internal static class Assertions
{
    internal static void Fail(string format, params object[] args) => Xunit.Assert.Fail(string.Format(format, args));

    internal static void AssertTrue(bool condition, string format, params object[] args)
    {
        if (!condition) Fail(format, args);
    }

    internal static void AssertEqual<T>(T expected, T actual, string? hint) => AssertTrue(
        EqualityComparer<T>.Default.Equals(expected, actual), "{0} expected {1}, was {2}", hint ?? "", expected!, actual!);
}
