using FraudStreams.Access;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Tests.Messaging.Sqlite;
using FraudStreams.Topics;

namespace FraudStreams.Tests.Access;

/// <summary>The topics of keys and changes on an embedded log.</summary>
static class AccessOf
{
    public static AccessTopics Topics(string folder, TimeProvider? time = null) => new(() => Log(folder, 1000), time ?? TimeProvider.System);

    /// <param name="chunk">How many records a reader gives at once.</param>
    public static EmbeddedMessageLog Log(string folder, int chunk) =>
        EmbeddedMessageLog.Open(LogOf.Settings(folder, 1, TopicNames.Keys, TopicNames.Audit) with { ChunkRecords = chunk }, TimeProvider.System, _ => { });
}
