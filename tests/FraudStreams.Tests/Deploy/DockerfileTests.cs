using System.Text.RegularExpressions;
using FraudStreams.Hosting;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Deploy;

/// <summary>What the image is built from and how it starts, as far as that can be checked without a container engine.</summary>
[Collection(WholeProgramCollection.Second)]
[Trait("Category", "Integration")]
public sealed partial class DockerfileTests
{
    static readonly Dockerfile File = Dockerfile.Read();

    [Fact]
    public void Every_copied_path_exists_and_is_not_ignored()
    {
        // The ignore file excludes everything and then names the exceptions.
        var lines = Repository.Read(".dockerignore").Split('\n').Where(line => line.Length > 0 && line[0] != '#').ToList();

        lines[0].ShouldBe("*");
        var sent = lines.Where(line => line[0] == '!').Select(line => line[1..]).ToList();
        foreach (var copied in File.CopiedFromRepository)
        {
            Path.Exists(Repository.PathOf(copied)).ShouldBeTrue(copied);
            sent.ShouldContain(copied.Split('/')[0]);
        }

        sent.Where(name => !Path.Exists(Repository.PathOf(name))).ShouldBeEmpty();
    }

    /// <summary>Projects that the program references, files that every build reads, and the embedded HOCON.</summary>
    [Fact]
    public void Everything_that_the_build_reads_is_copied()
    {
        var copied = File.CopiedFromRepository;

        foreach (var file in Directory.EnumerateFiles(Repository.Root, "Directory.*").Select(path => Path.GetFileName(path)).Append("BannedSymbols.txt").Append(".editorconfig"))
            copied.ShouldContain(file);
        foreach (var reference in ProjectsFrom("src/FraudStreams/FraudStreams.csproj"))
            copied.ShouldContain(reference.Split('/')[0]);
        copied.ShouldContain("hocon");
    }

    [Fact]
    public void The_image_publishes_the_program_and_starts_it()
    {
        var published = File.Of("RUN").Select(run => Publish().Match(run)).Single(match => match.Success);

        System.IO.File.Exists(Repository.PathOf(published.Groups["project"].Value)).ShouldBeTrue();
        File.Of("COPY").ShouldContain($"--from=build {published.Groups["into"].Value} .");
        var name = $"{typeof(StreamService).Assembly.GetName().Name}.dll";
        File.EntryPoint.ShouldBe(["dotnet", name]);
        File.HealthCheck.ShouldBe(["dotnet", name, "health"]);
    }

    [Fact]
    public void The_images_match_the_framework_and_the_program_runs_as_non_root()
    {
        var version = Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/'))["net".Length..];

        File.Of("FROM").Select(from => from.Split(' ')[0]).ShouldBe([$"mcr.microsoft.com/dotnet/sdk:{version}-noble", $"mcr.microsoft.com/dotnet/aspnet:{version}-noble"]);
        File.Of("USER").Last().ShouldBe("$APP_UID");
    }

    [Fact]
    public async Task The_commands_of_the_image_exist_in_the_program()
    {
        using var folder = new TemporaryFolder();

        await using var run = await FraudStreamsProcess.RunAsync(folder, [.. File.Command, "--help"]);
        await using var health = await FraudStreamsProcess.RunAsync(folder, [.. File.HealthCheck[2..], "--help"]);

        (await run.ExitAsync()).ShouldBe(0, run.Errors);
        (await health.ExitAsync()).ShouldBe(0, health.Errors);
    }

    static IEnumerable<string> ProjectsFrom(string project)
    {
        var text = Repository.Read(project);
        var references = ProjectReference().Matches(text).Select(reference => Path.GetRelativePath(
            Repository.Root, Path.GetFullPath(reference.Groups["path"].Value, Path.GetDirectoryName(Repository.PathOf(project))!)));
        return references.SelectMany(reference => ProjectsFrom(reference).Prepend(reference)).Prepend(project);
    }

    [GeneratedRegex(@"dotnet publish (?<project>\S+) .*-o (?<into>\S+)")]
    private static partial Regex Publish();

    [GeneratedRegex("<ProjectReference Include=\"(?<path>[^\"@]+)\"")]
    private static partial Regex ProjectReference();
}
