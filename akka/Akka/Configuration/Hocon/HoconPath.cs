namespace Akka.Configuration.Hocon;

/// <summary>Splits a path at its dots, except at those in quotes: <c>a."b.c".d</c> is a, b.c, d. An empty path has no parts.</summary>
internal static class HoconPath
{
    public static IEnumerable<string> Split(string path)
    {
        var start = 0;
        while (start < path.Length)
        {
            var quoted = path[start] == '"';
            if (quoted)
                start++;
            var end = path.IndexOf(quoted ? '"' : '.', start);
            if (end < 0 && quoted)
                throw new ArgumentException($"The path {path} has a quote that is not closed.", nameof(path));
            if (end < 0)
                end = path.Length;
            yield return path[start..end];
            start = end + (quoted ? 2 : 1);
        }
    }
}
