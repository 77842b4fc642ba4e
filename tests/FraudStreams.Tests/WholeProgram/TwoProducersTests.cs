using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>Two processes that produce the same payments into one data folder.</summary>
[Collection(WholeProgramCollection.Name)]
[Trait("Category", "Integration")]
public sealed class TwoProducersTests
{
    const int Rows = 2_000;

    [Fact]
    public async Task The_standby_takes_over_when_the_first_dies_and_no_payment_is_repeated()
    {
        using var folder = new StreamFolder(Rows);
        await using var first = folder.Start("run", "--input", folder.Input, "--set", "speeds.speed_1=40/s");
        await Eventually.TrueAsync(() => folder.Status() is { Transactions: > 0 }, limitSeconds: 60);
        await using var second = folder.Start("simulate", "--input", folder.Input, "--set", "speeds.speed_1=400/s");
        await second.LineAsync("produces from this source; this process waits and goes on when it is gone");
        await Eventually.TrueAsync(() => folder.Status() is { Transactions: > 50 }, limitSeconds: 60);

        await first.KillAsync();
        await second.LineAsync("The simulator goes on after payment");
        (await second.ExitAsync()).ShouldBe(0, second.Errors);

        folder.IdsOf(TopicNames.Transactions, "trans_num").Count().ShouldBe(Rows);
        folder.IdsOf(TopicNames.Transactions, "trans_num").ShouldBeUnique();
    }
}
