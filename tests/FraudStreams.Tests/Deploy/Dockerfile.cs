using System.Collections.Immutable;
using System.Text.Json;

namespace FraudStreams.Tests.Deploy;

/// <summary>The instructions of deploy/Dockerfile, with continued lines joined.</summary>
sealed record Dockerfile(ImmutableArray<(string Instruction, string Arguments)> Lines)
{
    public ImmutableSortedDictionary<string, string> Environment =>
        Of("ENV").Select(text => text.Split('=', 2)).ToImmutableSortedDictionary(parts => parts[0], parts => parts[1]);

    /// <summary>Paths copied from the repository, not from another stage.</summary>
    public ImmutableArray<string> CopiedFromRepository =>
        [.. Of("COPY").Where(text => !text.StartsWith("--from=", StringComparison.Ordinal)).SelectMany(text => text.Split(' ')[..^1])];

    public ImmutableArray<string> EntryPoint => Words(Of("ENTRYPOINT").Single());

    public ImmutableArray<string> Command => Words(Of("CMD").Single());

    public ImmutableArray<string> HealthCheck => Of("HEALTHCHECK").Single() is var text ? Words(text[text.IndexOf('[')..]) : [];

    public static Dockerfile Read() => new(
    [
        .. Repository.Read("deploy/Dockerfile").Replace("\\\n", " ").Split('\n').Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split(' ', 2)).Select(parts => (parts[0], parts[1])),
    ]);

    public IEnumerable<string> Of(string instruction) => Lines.Where(line => line.Instruction == instruction).Select(line => line.Arguments);

    static ImmutableArray<string> Words(string json) => JsonSerializer.Deserialize<ImmutableArray<string>>(json);
}
