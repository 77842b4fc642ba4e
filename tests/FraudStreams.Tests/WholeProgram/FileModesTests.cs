using System.Runtime.Versioning;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>What holds card numbers is its owner's alone.</summary>
[Collection(WholeProgramCollection.Name)]
[Trait("Category", "Integration")]
[UnsupportedOSPlatform("windows")]
public sealed class FileModesTests
{
    const int Rows = 3_000;

    const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    const UnixFileMode OwnersFolder = OwnersFile | UnixFileMode.UserExecute;

    [UnixFact]
    public async Task Everything_in_the_data_folder_is_its_owners_alone_while_it_runs_and_after()
    {
        using var folder = new StreamFolder(Rows);
        var data = folder.File("fresh");
        await using (var run = folder.Start("run", "--input", folder.Input, "--data", data, "--set", "model.trees=30", "--set", "model.threshold=cost 100 1", "--set", "speeds.speed_1=1000/s"))
        {
            await Eventually.TrueAsync(() => StreamFolder.StatusOf(data) is { Stored: > 0, Alerts: > 0, Hosts.Length: > 0 }, limitSeconds: 60);

            ShouldBeTheOwners(data, "topics.db-wal", "topics.db-shm", "fraudstreams.db", "alerts.db", "champion.json", "model.json", ".eml", ".json");
            await run.InterruptAsync();
            (await run.ExitAsync()).ShouldBe(0, run.Errors);
            run.Errors.ShouldNotContain("chmod");
        }

        ShouldBeTheOwners(data, "topics.db");
    }

    [UnixFact]
    public async Task Replay_and_export_say_what_they_write_and_replace_a_file_only_when_told()
    {
        using var folder = new StreamFolder(Rows);
        await using var run = await folder.RunAsync("run", "--input", folder.Input, "--until-drained");
        string[][] commands = [["replay", "--into", "out"], ["export", "--validated", "out"]];
        foreach (var command in commands)
        {
            System.IO.File.WriteAllText(folder.File("out"), "precious");
            System.IO.File.SetUnixFileMode(folder.File("out"), OwnersFile | UnixFileMode.OtherRead);

            await using var refused = await folder.RunAsync(command);
            var kept = System.IO.File.ReadAllText(folder.File("out"));
            await using var forced = await folder.RunAsync([.. command, "--force"]);

            (await refused.ExitAsync()).ShouldBe(1);
            refused.Errors.ShouldContain("exists already: give another file, or --force to replace it");
            kept.ShouldBe("precious");
            (await forced.ExitAsync()).ShouldBe(0, forced.Errors);
            (forced.Output + forced.Errors).ShouldContain("out holds full card numbers: nothing in it is masked");
            System.IO.File.ReadAllText(folder.File("out")).ShouldNotContain("precious");
            System.IO.File.GetUnixFileMode(folder.File("out")).ShouldBe(OwnersFile);
        }
    }

    static void ShouldBeTheOwners(string data, params string[] endings)
    {
        // SQLite removes its own files and writers rename theirs meanwhile.
        var modes = new DirectoryInfo(data).EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Where(entry => entry.Exists)
            .Select(entry => (entry.FullName, IsFolder: entry is DirectoryInfo, Mode: entry.UnixFileMode)).Where(entry => (int)entry.Mode != -1).ToList();

        new DirectoryInfo(data).UnixFileMode.ShouldBe(OwnersFolder);
        modes.Where(entry => entry.Mode != (entry.IsFolder ? OwnersFolder : OwnersFile)).Select(entry => $"{entry.FullName} {entry.Mode}").ShouldBeEmpty();
        foreach (var ending in endings)
            modes.ShouldContain(entry => entry.FullName.EndsWith(ending, StringComparison.Ordinal), ending);
    }
}

/// <summary>A test of what Windows does not have.</summary>
sealed class UnixFactAttribute : FactAttribute
{
    public UnixFactAttribute() => Skip = OperatingSystem.IsWindows() ? "Windows has no file modes" : null;
}
