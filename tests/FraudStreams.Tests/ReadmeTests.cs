using System.Text.RegularExpressions;
using FraudStreams.Configuration;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests;

/// <summary>What README.md says is so.</summary>
[Collection(WholeProgramCollection.Second)]
[Trait("Category", "Integration")]
public sealed partial class ReadmeTests
{
    static readonly string Readme = Repository.Read("README.md");

    [Fact]
    public void Each_link_to_a_file_leads_to_one()
    {
        var links = Link().Matches(Readme).Select(link => link.Groups["path"].Value).Where(path => !path.Contains("://") && !path.StartsWith('#')).ToList();

        links.Count.ShouldBeGreaterThan(10);
        links.Where(path => !Path.Exists(Repository.PathOf(path.Split('#')[0]))).ShouldBeEmpty();
    }

    [Fact]
    public void Each_file_of_the_table_of_patterns_is_shown_under_its_own_name()
    {
        var rows = TableAfter("| pattern | where to read it |");

        rows.Count.ShouldBeGreaterThan(5);
        foreach (var link in rows.SelectMany(row => Link().Matches(row[1])))
            link.Groups["path"].Value.ShouldEndWith(link.Groups["text"].Value is "decision" or "why" ? ".md" : link.Groups["text"].Value.Split('/')[^1]);
    }

    [Fact]
    public void Each_setting_of_the_table_is_one_and_has_that_default()
    {
        var config = ConfigLayers.Reference();
        var rows = TableAfter("| key | default | what it does |");

        rows.Count.ShouldBeGreaterThan(5);
        foreach (var row in rows)
        {
            var key = $"fraudstreams.{row[0].Trim('`')}";
            config.HasPath(key).ShouldBeTrue(key);
            config.GetString(key).ShouldBe(row[1].Trim('`'), key);
        }
    }

    [Fact]
    public async Task Each_command_that_it_shows_is_understood_by_the_program()
    {
        using var folder = new TemporaryFolder();
        var commands = Command().Matches(Readme).Select(command => command.Groups["arguments"].Value.Trim()).ToList();

        commands.Count.ShouldBeGreaterThanOrEqualTo(5);
        foreach (var command in commands)
        {
            // With --help it is parsed as it stands and does nothing.
            await using var help = await FraudStreamsProcess.RunAsync(folder, [.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
            (await help.ExitAsync()).ShouldBe(0, command);
            foreach (var option in command.Split(' ').Where(word => word.StartsWith("--", StringComparison.Ordinal)))
                help.Output.ShouldContain(option, Case.Sensitive, command);
        }
    }

    /// <summary>The commands of the README, in its order, on files that are there.</summary>
    [Fact]
    public async Task Train_evaluate_run_simulate_and_status_do_what_it_says()
    {
        using var folder = new StreamFolder(payments: 5_000);
        Directory.Delete(folder.Data, recursive: true);

        await using var train = await folder.RunAsync("train", "--input", folder.Input, "--set", "model.trees=20", "--set", "model.threshold=cost 100 1", "--json");
        await using var evaluate = await folder.RunAsync("evaluate", "--input", folder.Input, "--json");
        await using var simulate = await folder.RunAsync("simulate", "--input", folder.Input, "--set", "speeds.speed_1=unlimited", "--json");
        var produced = folder.Status().ShouldNotBeNull();
        await using var run = await folder.RunAsync("run", "--input", folder.Input, "--until-drained");
        await using var status = await folder.RunAsync("status", "--json");

        foreach (var command in (FraudStreamsProcess[])[train, evaluate, simulate, run, status])
            (await command.ExitAsync()).ShouldBe(0, command.Errors);
        var version = train.Json().GetProperty("version").GetString();
        evaluate.Json().GetProperty("model_version").GetString().ShouldBe(version);
        evaluate.Json().GetProperty("metrics").GetProperty("average_precision").GetDouble().ShouldBeInRange(0.2, 1);
        simulate.Json().GetProperty("transactions").GetInt64().ShouldBe(5_000);
        (produced.Transactions, produced.Predictions).ShouldBe((5_000, 0));
        folder.ShouldHoldAll(5_000);
        status.Json().GetProperty("model_version").GetString().ShouldBe(version);
    }

    static List<string[]> TableAfter(string header)
    {
        var lines = Readme.Split('\n');
        return [.. lines.SkipWhile(line => line != header).Skip(2).TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Trim('|').Split('|').Select(cell => cell.Trim()).ToArray())];
    }

    [GeneratedRegex(@"\[(?<text>[^\]]+)\]\((?<path>[^)\s]+)\)")]
    private static partial Regex Link();

    /// <summary>A line of a code block that calls the program; what stands after # is a remark.</summary>
    [GeneratedRegex("^fraudstreams (?<arguments>[^#\n]+)", RegexOptions.Multiline)]
    private static partial Regex Command();
}
