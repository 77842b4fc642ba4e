using System.Text;
using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Architecture;

/// <summary>
/// A room is a folder of src/FraudStreams or src/FraudStreams.Model, and a namespace. Which may use which is written here; docs/architecture.md shows what
/// the code really does. FRAUDSTREAMS_WRITE_DOCS=1 writes the picture anew.
/// </summary>
[Trait("Category", "Unit")]
public sealed partial class RoomsTests
{
    const string Settings = "FraudSettings";

    /// <summary>Lowest first: a room may use those of its line, and nothing above it.</summary>
    static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Sqlite"] = [],
        ["Configuration"] = [],
        ["Diagnostics"] = ["Configuration"],
        ["RateLimiting"] = ["Configuration"],
        ["Messaging"] = ["Configuration", "Diagnostics", "Sqlite"],
        ["Topics"] = ["Configuration", "Messaging", "Sqlite"],
        ["Access"] = ["Messaging", "Topics"],
        ["Storage"] = ["Configuration", "Diagnostics", "Messaging", "Sqlite", "Topics"],
        ["Labels"] = ["Messaging", "Storage", "Topics"],
        ["Alerting"] = ["Configuration", "Diagnostics", "Messaging", "Sqlite", "Storage", "Topics"],
        ["Simulation"] = ["Configuration", "Diagnostics", "Messaging", "RateLimiting", "Topics"],
        ["ModelOps"] = ["Configuration", "Diagnostics", "Messaging", "Simulation", "Topics"],
        ["Scoring"] = ["Configuration", "Diagnostics", "Messaging", "ModelOps", "Topics"],
        ["Rekeying"] = ["Configuration", "Diagnostics", "Messaging", "Topics"],
        ["WindowStates"] = ["Configuration", "Messaging", "Scoring", "Topics"],
        ["Privacy"] = ["Alerting", "Configuration", "Messaging", "Sqlite", "Storage", "Topics", "WindowStates"],
        ["Replay"] = ["Messaging", "ModelOps", "Scoring", "Storage", "Topics", "WindowStates"],
        ["Candidates"] = ["Alerting", "Configuration", "Diagnostics", "Messaging", "ModelOps", "Storage", "Topics"],
        [Settings] = ["Alerting", "Candidates", "Configuration", "Diagnostics", "Messaging", "ModelOps", "Privacy", "RateLimiting", "Scoring", "Simulation", "Storage", "Topics", "WindowStates"],
        ["Pipelines"] =
        [
            "Alerting", "Candidates", "Configuration", "Diagnostics", Settings, "Labels", "Messaging", "ModelOps", "RateLimiting", "Rekeying", "Scoring", "Simulation", "Storage", "Topics", "WindowStates",
        ],
        ["Hosting"] = ["Access", "Alerting", "Candidates", "Configuration", "Diagnostics", Settings, "Messaging", "ModelOps", "Pipelines", "Privacy", "RateLimiting", "Topics"],
        ["Api"] = ["Access", "Alerting", "Configuration", "Diagnostics", "Hosting", "Messaging", "ModelOps", "Pipelines", "RateLimiting", "Scoring", "Storage", "Topics", "WindowStates"],
        ["Dashboard"] = ["Access", "Alerting", "Api", "Candidates", "Configuration", "Diagnostics", "Hosting", "Messaging", "ModelOps", "Pipelines", "RateLimiting", "Storage", "Topics"],
        ["Cli"] =
        [
            "Access", "Alerting", "Api", "Candidates", "Configuration", "Dashboard", "Diagnostics", Settings, "Hosting", "Labels", "Messaging", "ModelOps", "Pipelines", "Privacy", "RateLimiting", "Replay", "Simulation", "Storage",
            "Topics",
        ],
    };

    static readonly Dictionary<string, string[]> AllowedInModel = new()
    {
        ["Schemas"] = [],
        ["Features"] = ["Schemas"],
        ["Reports"] = ["Schemas"],
        ["Evaluation"] = ["Reports"],
        ["Json"] = ["Schemas"],
        ["Avro"] = ["Json", "Schemas"],
        ["Csv"] = ["Json", "Schemas"],
        ["Models"] = ["Evaluation", "Features", "Schemas"],
        ["Drift"] = ["Features", "Models", "Reports", "Schemas"],
        ["Explanation"] = ["Features", "Models", "Schemas"],
        ["Profiling"] = ["Features", "Json", "Reports", "Schemas"],
    };

    [Theory]
    [InlineData("FraudStreams")]
    [InlineData("FraudStreams.Model")]
    public void Rooms_use_only_what_they_may(string project)
    {
        var allowed = AllowedOf(project);
        var wrong = Uses(project).Where(use => !allowed.TryGetValue(use.From, out var rooms) || !rooms.Contains(use.To))
            .Select(use => $"{use.File} uses {use.To}; {use.From} may use {(allowed.TryGetValue(use.From, out var rooms) ? string.Join(", ", rooms) : "nothing: it is no room of RoomsTests")}");

        wrong.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("FraudStreams")]
    [InlineData("FraudStreams.Model")]
    public void Rooms_have_no_cycle(string project)
    {
        var open = AllowedOf(project).ToDictionary(room => room.Key, room => room.Value.ToHashSet());
        while (open.FirstOrDefault(room => room.Value.Count == 0) is { Key: { } lowest })
        {
            open.Remove(lowest);
            foreach (var rooms in open.Values)
                rooms.Remove(lowest);
        }

        open.Select(room => $"{room.Key} -> {string.Join(", ", room.Value)}").ShouldBeEmpty("these rooms use each other");
    }

    /// <summary>Topics carry bytes: what a payment or a card is, stands above them.</summary>
    [Fact]
    public void Messaging_uses_nothing_of_the_model_library() =>
        Directory.EnumerateFiles(Repository.PathOf("src/FraudStreams/Messaging"), "*.cs", SearchOption.AllDirectories)
            .Where(path => File.ReadAllText(path).Contains("FraudStreams.Model", StringComparison.Ordinal)).Select(Path.GetFileName).ShouldBeEmpty();

    [Fact]
    public void The_picture_of_rooms_is_what_the_code_does()
    {
        const string begin = "<!-- rooms:begin -->", end = "<!-- rooms:end -->";
        var text = Repository.Read("docs/architecture.md");
        var (from, to) = (text.IndexOf(begin, StringComparison.Ordinal) + begin.Length, text.IndexOf(end, StringComparison.Ordinal));
        var wanted = $"\n\n{Picture("FraudStreams")}\n{Picture("FraudStreams.Model")}\n";
        if (Environment.GetEnvironmentVariable("FRAUDSTREAMS_WRITE_DOCS") == "1")
            File.WriteAllText(Repository.PathOf("docs/architecture.md"), text[..from] + wanted + text[to..]);
        else
            text[from..to].ShouldBe(wanted, "run this test with FRAUDSTREAMS_WRITE_DOCS=1 to draw docs/architecture.md anew");
    }

    static Dictionary<string, string[]> AllowedOf(string project) => project == "FraudStreams" ? Allowed : AllowedInModel;

    /// <summary>The arrows between rooms as Mermaid, without those that follow from others.</summary>
    static string Picture(string project)
    {
        var arrows = Uses(project).Where(use => AllowedOf(project).ContainsKey(use.From)).GroupBy(use => use.From)
            .ToDictionary(uses => uses.Key, uses => uses.Select(use => use.To).Distinct().ToHashSet());
        var picture = new StringBuilder($"```mermaid\nflowchart TD\n");
        foreach (var room in AllowedOf(project).Keys.Reverse())
        {
            foreach (var to in arrows.GetValueOrDefault(room, []).Order(StringComparer.Ordinal).Where(to => !arrows[room].Any(over => over != to && Reaches(over, to, []))))
                picture.Append($"  {room} --> {to}\n");
        }

        return picture.Append("```\n").ToString();

        bool Reaches(string from, string to, HashSet<string> seen) => seen.Add(from) && arrows.GetValueOrDefault(from, []).Any(next => next == to || Reaches(next, to, seen));
    }

    static IEnumerable<(string File, string From, string To)> Uses(string project)
    {
        var root = Repository.PathOf($"src/{project}");
        foreach (var path in Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories).Concat(Directory.EnumerateFiles(root, "*.razor", SearchOption.AllDirectories)))
        {
            var parts = Path.GetRelativePath(root, path).Split(Path.DirectorySeparatorChar);
            if (parts[0] is "bin" or "obj" or "Program.cs")
                continue;
            var from = parts.Length > 1 ? parts[0] : Path.GetFileNameWithoutExtension(parts[0]);
            var text = File.ReadAllText(path);
            var rooms = Using().Matches(text).Select(use => use.Groups["namespace"].Value)
                .Where(name => name.StartsWith(project + ".", StringComparison.Ordinal) && (project != "FraudStreams" || !(name + ".").StartsWith("FraudStreams.Model.", StringComparison.Ordinal)))
                .Select(name => name[(project.Length + 1)..].Split('.')[0]);
            if (from != Settings && project == "FraudStreams" && SettingsName().IsMatch(text))
                rooms = rooms.Append(Settings);
            foreach (var to in rooms.Where(to => to != from).Distinct())
                yield return ($"src/{project}/{string.Join('/', parts)}", from, to);
        }
    }

    [GeneratedRegex(@"^@?using (?:static |\w+ = )?(?<namespace>FraudStreams[\w.]*);?\r?$", RegexOptions.Multiline)]
    private static partial Regex Using();

    [GeneratedRegex(@"\bFraudSettings\b")]
    private static partial Regex SettingsName();
}
