namespace Akka.TestKit
{
    /// <summary>What the TestKit asks of a test framework.</summary>
    public interface ITestKitAssertions
    {
        void Fail(string format = "", params object[] args);
        void AssertTrue(bool condition, string format = "", params object[] args);
        void AssertFalse(bool condition, string format = "", params object[] args);
        void AssertEqual<T>(T expected, T actual, string format = "", params object[] args);
        void AssertEqual<T>(T expected, T actual, Func<T, T, bool> comparer, string format = "", params object[] args);
    }
}

namespace Akka.TestKit.Xunit2
{
    /// <summary>The TestKit's failures as xunit's.</summary>
    public class XunitAssertions : ITestKitAssertions
    {
        public void Fail(string format = "", params object[] args) => Xunit.Assert.Fail(Text(format, args));

        public void AssertTrue(bool condition, string format = "", params object[] args)
        {
            if (!condition) Fail(format, args);
        }

        public void AssertFalse(bool condition, string format = "", params object[] args) => AssertTrue(!condition, format, args);

        public void AssertEqual<T>(T expected, T actual, string format = "", params object[] args) =>
            AssertEqual(expected, actual, EqualityComparer<T>.Default.Equals!, format, args);

        public void AssertEqual<T>(T expected, T actual, Func<T, T, bool> comparer, string format = "", params object[] args) =>
            AssertTrue(comparer(expected, actual), "{0} expected {1}, was {2}", Text(format, args), expected!, actual!);

        static string Text(string format, object[] args) => args.Length == 0 ? format : string.Format(format, args);
    }
}
