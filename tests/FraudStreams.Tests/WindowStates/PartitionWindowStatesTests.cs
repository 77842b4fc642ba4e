using FraudStreams.Configuration;
using FraudStreams.Tests.Configuration;
using FraudStreams.WindowStates;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WindowStates;

[Trait("Category", "Unit")]
public sealed class PartitionWindowStatesTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_terminal_window_without_delay_is_refused_with_several_partitions()
    {
        var schema = SchemaFile.Read(Write("""{ name = now, window = count, by = TERMINAL_ID, over = 1d }"""));

        PartitionWindowStates.CheckDelays(schema, partitions: 1);
        var refusal = Should.Throw<SettingsException>(() => PartitionWindowStates.CheckDelays(schema, partitions: 2));

        refusal.Message.ShouldContain("feature now of schema handbook is a window by TERMINAL_ID without a delay");
    }

    [Fact]
    public void A_retention_shorter_than_the_windows_is_warned_of()
    {
        var schema = SchemaFile.Read("handbook");
        var topics = SettingsOf.Set().Topics;

        var warning = PartitionWindowStates.RetentionWarning(schema, topics).ShouldNotBeNull();

        warning.ShouldContain("topics.retention.age is 7 days");
        warning.ShouldContain("goes back 37");
        PartitionWindowStates.RetentionWarning(schema, SettingsOf.Set("topics.retention.age=37d").Topics).ShouldBeNull();
        PartitionWindowStates.RetentionWarning(schema, SettingsOf.Set("topics.retention.age=infinite").Topics).ShouldBeNull();
        PartitionWindowStates.RetentionWarning(SchemaFile.Read("cards"), topics).ShouldBeNull();
    }

    string Write(string feature)
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "hocon", "schemas", "handbook.conf"));
        var path = Path.Combine(_folder, "now.conf");
        File.WriteAllText(path, text[..text.IndexOf("features = [", StringComparison.Ordinal)] + $"features = [ {feature} ]");
        return path;
    }
}
