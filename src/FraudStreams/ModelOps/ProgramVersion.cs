using System.Reflection;

namespace FraudStreams.ModelOps;

/// <summary>The release of this program, as its assembly says it.</summary>
static class ProgramVersion
{
    public static string Text { get; } =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
