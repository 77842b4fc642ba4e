using FraudStreams.Access;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Tests.Messaging.Sqlite;
using FraudStreams.Topics;

namespace FraudStreams.Tests.Access;

/// <summary>The topics of keys and changes on an embedded log.</summary>
static class AccessOf
{
    public static AccessTopics Topics(string folder) =>
        new(() => EmbeddedMessageLog.Open(LogOf.Settings(folder, 1, TopicNames.Keys, TopicNames.Audit), TimeProvider.System, _ => { }));
}
