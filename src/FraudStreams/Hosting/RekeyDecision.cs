using FraudStreams.Access.Audit;
using FraudStreams.Configuration;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Pipelines;
using FraudStreams.Topics;

namespace FraudStreams.Hosting;

/// <summary>
/// Decides, where topics.rekey is auto, whether `transactions` is filled from a topic of others. What a host finds there may be more than another found a moment
/// before: the first decision in topic `audit` is that of all hosts and later starts.
/// </summary>
static class RekeyDecision
{
    public const string Action = "topics.rekey";

    const int SampleRecords = 100;

    /// <summary>The settings with the decision.</summary>
    /// <exception cref="SettingsException">The settings want no re-keying, and records of such a form can be read by that alone.</exception>
    /// <exception cref="MessageLogException">The topics cannot be read or written.</exception>
    public static async Task<FraudSettings> MakeAsync(FraudSettings settings, TransactionSchema schema, AuditLog audit, TimeProvider time, CancellationToken cancellationToken)
    {
        var topics = settings.Topics;
        var foreignForm = topics.Registry is not null ? "topics.registry.url is set" : schema.HasPaths ? $"schema {schema.Name} has fields from other places" : null;
        if (topics.Rekey.Mode == RekeyMode.Off && foreignForm is not null)
            throw new SettingsException($"topics.rekey = off, and {foreignForm}: such records are read where they are re-keyed alone; set it to auto or on");
        if (topics.Rekey.Mode == RekeyMode.Auto && foreignForm is null)
        {
            var resolved = StreamTopics.Resolved(settings);
            return resolved.Topics.SourcePartitions is not null ? resolved : await OfTopicAsync(settings, schema, audit, time, cancellationToken);
        }

        return StreamTopics.Resolved(topics.Rekey.Mode == RekeyMode.Off ? settings : On(settings));
    }

    static FraudSettings On(FraudSettings settings) => settings with { Topics = settings.Topics with { Rekey = settings.Topics.Rekey with { Mode = RekeyMode.On } } };

    static async Task<FraudSettings> OfTopicAsync(FraudSettings settings, TransactionSchema schema, AuditLog audit, TimeProvider time, CancellationToken cancellationToken)
    {
        var (topics, name) = (settings.Topics, settings.Topics.NameOf(TopicNames.Transactions));
        if (name == TopicNames.Transactions)
            return settings with { Topics = topics.WithoutSource() };
        if (StreamTopics.PartitionsFound(settings).TryGetValue(name, out var partitions) && partitions != topics.Partitions)
            return StreamTopics.Resolved(On(settings));

        var decision = await FindAsync(audit, name, cancellationToken);
        if (decision is null)
        {
            var (isOn, why) = Judge(await StreamTopics.FirstRecordsAsync(settings with { Topics = topics.WithoutSource() }, TopicNames.Transactions, SampleRecords, cancellationToken), schema);
            await audit.AppendAsync(new AuditEntry(time.GetUtcNow(), "fraudstreams", Action, name) { After = isOn ? "on" : "off", Why = why });
            decision = await FindAsync(audit, name, cancellationToken);
        }

        return decision == "off" ? settings with { Topics = topics.WithoutSource() } : StreamTopics.Resolved(On(settings));
    }

    static async Task<string?> FindAsync(AuditLog audit, string name, CancellationToken cancellationToken) =>
        (await audit.ReadAuditAsync(cancellationToken)).FirstOrDefault(entry => entry.Action == Action && entry.Subject == name)?.After;

    /// <summary>Off, if every record that can be read has its card as key.</summary>
    static (bool IsOn, string Why) Judge(IReadOnlyList<TopicRecord> first, TransactionSchema schema)
    {
        var reader = new TransactionReader(schema, int.MaxValue);
        using var rows = new TransactionRows(schema, 1);
        var keyed = 0;
        foreach (var record in first)
        {
            if (reader.Read(record.Value.Span, rows) is not null)
                continue;
            if (!rows.Key(rows.Count - 1).SequenceEqual(record.Key.Span))
                return (true, $"the key of {record.Partition.Partition}/{record.Offset} is not its {schema.Fields[schema.KeyField].Name}");
            keyed++;
        }

        return keyed == 0 ? (true, "no record of it can be read yet, so its key may be anything") : (false, $"the key of its first {keyed} records is their {schema.Fields[schema.KeyField].Name}");
    }
}
