using FraudStreams.Candidates;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Candidates;

[Trait("Category", "Unit")]
public sealed class LowPriorityTests
{
    /// <summary>What the kernel says of this thread: the 19th field of its stat, the third after the name in brackets being the first of these.</summary>
    static int Nice => int.Parse(File.ReadAllText("/proc/thread-self/stat").Split(") ")[^1].Split(' ')[16]);

    [Fact]
    public async Task On_Linux_the_work_has_a_weak_nice_value_and_nothing_else_has()
    {
        if (!OperatingSystem.IsLinux())
            return;
        var before = Nice;

        var nice = await LowPriority.RunAsync(() => Nice, default);

        nice.ShouldBe(Math.Max(before, LowPriority.Nice));
        (await Task.Run(async () =>
        {
            await LowPriority.RunAsync(() => 0, default);
            return Nice;
        })).ShouldBe(before, "what comes after the work");
        var others = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => Nice)));
        others.Append(Nice).ShouldAllBe(value => value == before);
    }
}
