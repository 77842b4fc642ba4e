using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Cli;

[Collection(WholeProgramCollection.Second)]
[Trait("Category", "Integration")]
public sealed class HelpTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_help_of_the_program_and_of_each_command_ends_with_examples()
    {
        await using var program = await FraudStreamsProcess.RunAsync(_folder, "--help");
        var commands = program.Output[(program.Output.IndexOf("Commands:", StringComparison.Ordinal) + "Commands:".Length)..].Split('\n')
            .SkipWhile(line => line.Length == 0).TakeWhile(line => line.StartsWith("  ", StringComparison.Ordinal)).Select(line => line.Trim().Split(' ')[0]).ToList();

        (await program.ExitAsync()).ShouldBe(0);
        foreach (var expected in (string[])["run", "simulate", "train", "evaluate", "status", "rejected"])
            commands.ShouldContain(expected);
        ExamplesOf(program).ShouldContain("fraudstreams run");
        foreach (var command in commands)
        {
            await using var help = await FraudStreamsProcess.RunAsync(_folder, command, "--help");
            (await help.ExitAsync()).ShouldBe(0);
            ExamplesOf(help).ShouldContain($"fraudstreams {command}");
            help.Errors.ShouldBeEmpty();
            help.Output.ShouldNotMatch(@"-?\d{10,}|E\+\d|System\.|Default: (\d+)\. \[default: \1\]");
        }
    }

    static string ExamplesOf(FraudStreamsProcess help) => help.Output[Math.Max(0, help.Output.IndexOf("Examples:", StringComparison.Ordinal))..];
}
