using System.CommandLine;
using FraudStreams.Configuration;

namespace FraudStreams.Cli;

/// <summary>The options that every command has.</summary>
static class CommonOptions
{
    public static Option<FileInfo?> Config { get; } = new("--config")
    {
        Description = "A configuration file, laid over hocon/fraudstreams.conf. Saving it changes the rate limits (speed_1..3) of a running stream.",
        HelpName = "FILE",
        Recursive = true,
    };

    public static Option<string[]> Set { get; } = new("--set")
    {
        Description = "One setting, such as speeds.speed_2=50/s or batch.size=200. Can be given several times.",
        HelpName = "KEY=VALUE",
        Recursive = true,
        DefaultValueFactory = _ => [],
    };

    public static Option<DirectoryInfo?> Data { get; } = new("--data")
    {
        Description = "The folder of topics, database, models and alerts. Default: ./fraudstreams-data.",
        HelpName = "DIR",
        Recursive = true,
    };

    public static Option<string?> Schema { get; } = new("--schema")
    {
        Description = "What a transaction is: cards, creditcard, handbook, paysim, or a file that ends in .conf. Default: what fits the input's header.",
        HelpName = "NAME",
        Recursive = true,
    };

    public static Option<bool> Json { get; } = new("--json")
    {
        Description = "Print JSON and nothing else on standard output: one object; for `rejected` one object a line.",
        Recursive = true,
    };

    public static IEnumerable<Option> All => [Config, Set, Data, Schema, Json];

    /// <summary>The settings' layers as the command line gives them.</summary>
    /// <param name="implied">HOCON that the command itself implies; a configuration file and --set override it.</param>
    /// <param name="options">Settings that the command's own options stand for, with the precedence of --set.</param>
    public static ConfigLayers Layers(this ParseResult call, string? implied = null, params IEnumerable<string> options)
    {
        var set = new List<string>(options);
        if (call.GetValue(Data) is { } data)
            set.Add($"data={data.FullName}");
        if (call.GetValue(Schema) is { Length: > 0 } schema)
            set.Add($"schema={schema}");
        set.AddRange(call.GetValue(Set) ?? []);
        return new ConfigLayers(call.GetValue(Config)?.FullName, set, implied);
    }
}
