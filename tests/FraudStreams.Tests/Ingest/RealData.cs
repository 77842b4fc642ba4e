using Xunit;

namespace FraudStreams.Tests.Ingest;

/// <summary>
/// Data sets that are no part of the repository: a folder, named by an environment variable, that holds them somewhere below it.
/// </summary>
static class RealData
{
    const string Variable = "FRAUDSTREAMS_DATA";

    static string? Folder => Environment.GetEnvironmentVariable(Variable);

    internal static string? MissingReason =>
        Directory.Exists(Folder) ? null : $"{Variable} does not name a folder with the real data sets.";

    internal static string Find(string file) => Directory.EnumerateFiles(Folder!, file, SearchOption.AllDirectories).First();
}

sealed class RealDataFactAttribute : FactAttribute
{
    public RealDataFactAttribute() => Skip = RealData.MissingReason;
}

sealed class RealDataTheoryAttribute : TheoryAttribute
{
    public RealDataTheoryAttribute() => Skip = RealData.MissingReason;
}
