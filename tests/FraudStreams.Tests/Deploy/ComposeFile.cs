using System.Collections.Immutable;
using System.Text.RegularExpressions;
using FraudStreams.Configuration;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace FraudStreams.Tests.Deploy;

/// <summary>docker-compose.yml as an engine reads it: anchors and merges resolved, ${VARIABLE:-default} as in an environment without variables.</summary>
sealed partial class ComposeFile
{
    /// <summary>The services that are built from deploy/Dockerfile.</summary>
    public ImmutableArray<ComposeService> Ours => [.. Services.Values.Where(service => service.Dockerfile is not null)];

    public required ImmutableSortedDictionary<string, ComposeService> Services { get; init; }

    public required ImmutableArray<string> Volumes { get; init; }

    public static ComposeFile Read()
    {
        var text = Variable().Replace(Repository.Read("docker-compose.yml"), variable => variable.Groups["default"].Value);
        var root = Map(new DeserializerBuilder().Build().Deserialize(new MergingParser(new Parser(new StringReader(text)))));
        return new ComposeFile
        {
            Services = Map(root["services"]).ToImmutableSortedDictionary(service => service.Key, service => ComposeService.Of(service.Key, Map(service.Value))),
            Volumes = [.. Map(root["volumes"]).Keys],
        };
    }

    public static Dictionary<string, object?> Map(object? node) =>
        ((Dictionary<object, object?>)node!).ToDictionary(item => (string)item.Key, item => item.Value);

    [GeneratedRegex(@"\$\{\w+:-(?<default>[^}]*)\}")]
    private static partial Regex Variable();
}

sealed record ComposeService(
    string Name, string? Image, string? Context, string? Dockerfile, ImmutableArray<string> Command, ImmutableSortedDictionary<string, string> Environment,
    ImmutableArray<string> Volumes, ImmutableArray<string> Ports, ImmutableArray<string> DependsOn, ImmutableArray<string> HealthCheck)
{
    public static ComposeService Of(string name, Dictionary<string, object?> node)
    {
        var build = node.TryGetValue("build", out var given) ? ComposeFile.Map(given) : null;
        return new ComposeService(
            name,
            node.GetValueOrDefault("image") as string,
            build?["context"] as string,
            build?["dockerfile"] as string,
            Texts("command"),
            node.TryGetValue("environment", out var environment)
                ? ComposeFile.Map(environment).ToImmutableSortedDictionary(variable => variable.Key, variable => (string)variable.Value!)
                : ImmutableSortedDictionary<string, string>.Empty,
            Texts("volumes"),
            Texts("ports"),
            node.TryGetValue("depends_on", out var others) ? [.. ComposeFile.Map(others).Keys] : [],
            node.TryGetValue("healthcheck", out var check) ? [.. ((List<object>)ComposeFile.Map(check)["test"]!).Cast<string>()] : []);

        ImmutableArray<string> Texts(string key) => node.TryGetValue(key, out var texts) ? [.. ((List<object>)texts!).Cast<string>()] : [];
    }

    /// <summary>The program's settings in this service's container, including the environment of the image.</summary>
    public FraudSettings Settings()
    {
        var config = Command[Command.IndexOf("--config") + 1];
        var environment = Environment.SetItems(Deploy.Dockerfile.Read().Environment).ToDictionary(variable => variable.Key, variable => variable.Value);
        return FraudSettings.From(new ConfigLayers(config, environment: environment, directory: Repository.Root).Load());
    }
}
