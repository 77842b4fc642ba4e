using Xunit;

namespace FraudStreams.Tests.Simulation;

/// <summary>
/// Data sets outside the repository, anywhere below a folder that an environment variable names.
/// </summary>
static class RealData
{
    const string Variable = "FRAUDSTREAMS_DATA";

    static string? Folder => Environment.GetEnvironmentVariable(Variable);

    internal static string? MissingReason =>
        Directory.Exists(Folder) ? null : $"{Variable} does not name a folder with the real data sets.";

    internal static string? FirstMissing(IEnumerable<string> files) => files
        .Where(file => !Directory.EnumerateFiles(Folder!, file, SearchOption.AllDirectories).Any())
        .Select(file => $"{Folder} holds no {file}.")
        .FirstOrDefault();

    internal static string Find(string file) => Directory.EnumerateFiles(Folder!, file, SearchOption.AllDirectories).First();
}

sealed class RealDataFactAttribute : FactAttribute
{
    /// <param name="files">Files that the test reads; skipped with the name of the first that is missing.</param>
    public RealDataFactAttribute(params string[] files) => Skip = RealData.MissingReason ?? RealData.FirstMissing(files);
}

sealed class RealDataTheoryAttribute : TheoryAttribute
{
    public RealDataTheoryAttribute() => Skip = RealData.MissingReason;
}
