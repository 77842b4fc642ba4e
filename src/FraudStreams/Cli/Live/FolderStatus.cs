using System.Collections.Immutable;
using System.Text.Json;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.ModelOps;
using FraudStreams.Pipelines;
using FraudStreams.Topics;

namespace FraudStreams.Cli.Live;

/// <summary>
/// What a data folder holds. The totals are of records ever appended, whether retention has since removed them or not; predicted frauds
/// are counted in the store, so they follow it while it lags.
/// </summary>
/// <param name="ModelVersion">The version that champion.json puts into service; a host that started before scores with another until it is restarted.</param>
/// <param name="Hosts">The processes that run on the folder.</param>
public sealed record FolderStatus(
    long Transactions, long Predictions, long Rejected, long Stored, long PredictedFrauds, long Alerts, long Undelivered, long Labels,
    ImmutableSortedDictionary<string, long> Lag, string? ModelVersion, ImmutableArray<HostStatus> Hosts)
{
    public static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>Null where the folder holds no topics. Nothing is made by looking.</summary>
    public static FolderStatus? Read(FraudSettings settings)
    {
        var dataDirectory = settings.DataDirectory;
        if (StreamTopics.ReadStatus(settings) is not { } topics)
            return null;
        var counts = settings.Store.ReadCounts(dataDirectory);
        return new FolderStatus(
            Appended(topics, TopicNames.Transactions), Appended(topics, TopicNames.Predictions), Appended(topics, TopicNames.Rejected),
            counts.Stored, counts.PredictedFrauds, Appended(topics, TopicNames.Alerts), Appended(topics, TopicNames.Undelivered), Appended(topics, TopicNames.Labels),
            PipelineCatalog.Consumers.ToImmutableSortedDictionary(group => group.Group, group => topics.Of(group.Group, group.Topic).Lag),
            new ModelRegistry(dataDirectory, TimeProvider.System).ChampionVersion,
            [
                .. Heartbeat.OfAllHosts(dataDirectory, TimeProvider.System.GetUtcNow())
                    .Select(host => new HostStatus(host.Machine, host.ProcessId, host.Roles, host.At, host.ModelVersion)),
            ]);
    }

    static long Appended(MessageLogStatus topics, string name) => topics.Topics.FirstOrDefault(topic => topic.Topic == name)?.Appended ?? 0;
}

/// <summary>A process that runs on the data folder, from its last heartbeat.</summary>
/// <param name="ModelVersion">The version that scores there; null where the process does not score.</param>
public sealed record HostStatus(string Machine, int ProcessId, ImmutableArray<string> Roles, DateTimeOffset At, string? ModelVersion);
