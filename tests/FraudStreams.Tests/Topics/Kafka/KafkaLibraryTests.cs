#if !AKKA_NUGET
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics.Kafka;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Topics.Kafka;

/// <summary>The program where librdkafka is missing or is something else: in a process that looks for it in a folder of the test's first.</summary>
[Collection(WholeProgramCollection.Name)]
public sealed class KafkaLibraryTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [LinuxFact]
    public async Task Without_a_library_that_can_be_loaded_the_start_ends_and_says_what_to_install()
    {
        // What the loader finds first and cannot load is the end of its search: the machine's own is hidden by it.
        foreach (var name in (string[])["librdkafka.so.1", "librdkafka.so", "librdkafka"])
            await File.WriteAllTextAsync(Path.Combine(_folder, name), "");

        var (code, errors) = await StartAsync();

        code.ShouldBe(1);
        errors.ShouldContain("Kafka needs librdkafka 1.9 or newer, and this machine has none, or one that cannot be loaded: on Debian and Ubuntu, apt-get install librdkafka1");
    }

    [LinuxFact]
    public async Task Another_library_under_its_name_is_told_as_such()
    {
        var other = Directory.EnumerateFiles(AppContext.BaseDirectory, "libe_sqlite3.so", SearchOption.AllDirectories).First(path => path.Contains(Runtime()));
        File.Copy(other, Path.Combine(_folder, "librdkafka.so.1"));

        var (code, errors) = await StartAsync();

        code.ShouldBe(1);
        errors.ShouldContain("what this machine has under that name is something else");
        errors.ShouldContain("apt-get install librdkafka1");
    }

    [Theory]
    [InlineData(0x01_08_02_ff, "this machine has 1.8.2")]
    [InlineData(0x00_0b_06_ff, "this machine has 0.11.6")]
    [InlineData(0x01_09_00_ff, null)]
    [InlineData(0x02_03_00_ff, null)]
    public void A_version_that_is_too_old_is_told(int version, string? fault) => KafkaLibrary.FaultOf(version).ShouldBe(fault);

    async Task<(int Code, string Errors)> StartAsync()
    {
        var config = Path.Combine(AppContext.BaseDirectory, "hocon", "kafka.conf");
        await using var program = FraudStreamsProcess.Start(
            _folder, ["status", "--config", config, "--set", "store.kind=sqlite"], ("LD_LIBRARY_PATH", _folder.Path));
        return (await program.ExitAsync(), program.Errors);
    }

    static string Runtime() => $"linux-{System.Runtime.InteropServices.RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";
}

[AttributeUsage(AttributeTargets.Method)]
sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute()
    {
        if (!OperatingSystem.IsLinux())
            Skip = "needs Linux, where the loader looks into LD_LIBRARY_PATH first";
    }
}
#endif
