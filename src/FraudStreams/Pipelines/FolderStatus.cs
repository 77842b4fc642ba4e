using System.Collections.Immutable;
using System.Text.Json;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.ModelOps;
using FraudStreams.Topics;

namespace FraudStreams.Pipelines;

/// <summary>
/// What a data folder holds. The totals are of records ever appended, whether retention has since removed them or not; predicted frauds
/// are counted in the store, so they follow it while it lags.
/// </summary>
/// <param name="ModelVersion">The version that is in service here, by champion.json; a running host follows the registry within a second.</param>
/// <param name="Hosts">The processes that run on the folder.</param>
public sealed record FolderStatus(
    long Transactions, long Predictions, long Rejected, long Stored, long PredictedFrauds, long Alerts, long Undelivered, long Labels,
    ImmutableSortedDictionary<string, long> Lag, string? ModelVersion, ImmutableArray<HostStatus> Hosts)
{
    /// <summary>Null where the folder holds no topics. Nothing is made by looking.</summary>
    public static FolderStatus? Read(FraudSettings settings)
    {
        // The store first: beside a running stream it cannot hold more than the topics say a moment later.
        var dataDirectory = settings.DataDirectory;
        var counts = settings.Store.ReadCounts(dataDirectory);
        if (StreamTopics.ReadStatus(settings) is not { } topics)
            return null;
        return new FolderStatus(
            Appended(topics, TopicNames.Transactions), Appended(topics, TopicNames.Predictions), Appended(topics, TopicNames.Rejected),
            counts.Stored, counts.PredictedFrauds, Appended(topics, TopicNames.Alerts), Appended(topics, TopicNames.Undelivered), Appended(topics, TopicNames.Labels),
            StreamTopics.Resolved(settings).Topics.Consumers.ToImmutableSortedDictionary(group => group.Group, group => topics.Of(group.Group, group.Topic).Lag),
            new LocalModels(dataDirectory, TimeProvider.System).ChampionVersion,
            [
                .. HeartbeatFile.OfAllMachines(dataDirectory, TimeProvider.System.GetUtcNow())
                    .Select(host => new HostStatus(host.Machine, host.ProcessId, host.Roles, host.At, host.ModelVersion, host.AlertsWaiting)),
            ]);
    }

    /// <summary>Written by hand: `status` is to answer at once, and finding out at run time how takes longer than all else that it does.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("transactions", Transactions);
        json.WriteNumber("predictions", Predictions);
        json.WriteNumber("rejected", Rejected);
        json.WriteNumber("stored", Stored);
        json.WriteNumber("predicted_frauds", PredictedFrauds);
        json.WriteNumber("alerts", Alerts);
        json.WriteNumber("undelivered", Undelivered);
        json.WriteNumber("labels", Labels);
        json.WriteStartObject("lag");
        foreach (var (group, lag) in Lag)
            json.WriteNumber(group, lag);
        json.WriteEndObject();
        json.WriteString("model_version", ModelVersion);
        json.WriteStartArray("hosts");
        foreach (var host in Hosts)
            host.WriteTo(json);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static long Appended(MessageLogStatus topics, string name) => topics.Topics.FirstOrDefault(topic => topic.Topic == name)?.Appended ?? 0;
}

/// <summary>A process that runs on the data folder, from its last heartbeat.</summary>
/// <param name="ModelVersion">The version that scores there; null where the process does not score.</param>
/// <param name="AlertsWaiting">Alerts that are raised there and not delivered yet; null where the process does not alert.</param>
public sealed record HostStatus(string Machine, int ProcessId, ImmutableArray<string> Roles, DateTimeOffset At, string? ModelVersion, int? AlertsWaiting)
{
    internal void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("machine", Machine);
        json.WriteNumber("process_id", ProcessId);
        json.WriteStartArray("roles");
        foreach (var role in Roles)
            json.WriteStringValue(role);
        json.WriteEndArray();
        json.WriteString("at", At);
        json.WriteString("model_version", ModelVersion);
        if (AlertsWaiting is { } waiting)
            json.WriteNumber("alerts_waiting", waiting);
        else
            json.WriteNull("alerts_waiting");
        json.WriteEndObject();
    }
}
