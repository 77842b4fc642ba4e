namespace FraudStreams.Messaging.Kafka;

/// <summary>
/// Where a member of a consumer group answers over HTTP, written into its client.id: the group's coordinator tells it to all who ask, beside what the member is
/// assigned, and forgets it with the member.
/// </summary>
static class MemberAddress
{
    const string Begin = "fraudstreams";
    const char Mark = '@';

    public static string ToClientId(Uri address) => $"{Begin}{Mark}{Environment.MachineName}{Mark}{address}";

    /// <summary>Null where the member does not say it.</summary>
    public static PartitionOwner? Of(string clientId) =>
        clientId.Split(Mark, 3) is [Begin, var machine, var text] && Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? new PartitionOwner(machine, address)
            : null;
}
