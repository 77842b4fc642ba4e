using FraudStreams.Diagnostics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Diagnostics;

[Trait("Category", "Unit")]
public sealed class LowPriorityTests
{
    /// <summary>What the kernel says of this thread: the 19th field of its stat, the third after the name in brackets being the first of these.</summary>
    internal static int Nice => int.Parse(File.ReadAllText("/proc/thread-self/stat").Split(") ")[^1].Split(' ')[16]);

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

    [Fact]
    public async Task What_comes_after_awaits_is_the_works_too_and_nothing_else_has_its_thread()
    {
        var threads = await LowPriority.RunAsync(async () =>
        {
            var before = Environment.CurrentManagedThreadId;
            await Task.Delay(1);
            var after = Environment.CurrentManagedThreadId;
            var other = await Task.Run(() => Environment.CurrentManagedThreadId);
            LowPriority.IsThis.ShouldBeTrue();
            return (before, after, other, Last: Environment.CurrentManagedThreadId);
        }, default);

        threads.after.ShouldBe(threads.before);
        threads.Last.ShouldBe(threads.before);
        threads.other.ShouldNotBe(threads.before);
        LowPriority.IsThis.ShouldBeFalse();
    }

    [Fact]
    public async Task A_part_that_is_waited_for_within_the_work_goes_on_meanwhile()
    {
        (await LowPriority.RunAsync(() => LowPriority.Wait(PartAsync()), default)).ShouldBe(7);
        LowPriority.Wait(PartAsync()).ShouldBe(7, "elsewhere");

        static async Task<int> PartAsync()
        {
            await Task.Delay(1);
            await Task.Yield();
            return 7;
        }
    }

    [Fact]
    public async Task What_the_work_throws_is_thrown_to_who_waits_for_it()
    {
        (await Should.ThrowAsync<InvalidOperationException>(LowPriority.RunAsync(int () => throw new InvalidOperationException("at once"), default))).Message.ShouldBe("at once");
        (await Should.ThrowAsync<InvalidOperationException>(LowPriority.RunAsync(async Task<int> () =>
        {
            await Task.Yield();
            throw new InvalidOperationException("later");
        }, default))).Message.ShouldBe("later");
        await Should.ThrowAsync<OperationCanceledException>(LowPriority.RunAsync(() => 0, new CancellationToken(canceled: true)));
    }
}
