using System.Text.Json;
using FraudStreams.Configuration;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.Topics;

namespace FraudStreams.Pipelines;

/// <summary>
/// Refuses topics that hold the payments of another schema, before anything is made or consumed. The first retained records tell: nothing has to be stored
/// for it that could be lost, copied or differ from what the topics hold, and it holds for topics that other producers fill.
/// </summary>
static class TopicSchema
{
    /// <summary>Single records may be unreadable; among the first of a topic there is one that can be read.</summary>
    const int SampleRecords = 20;

    const string Unknown = "another schema";

    /// <exception cref="SettingsException">The topics belong to another schema: both schemas, and what would help.</exception>
    /// <exception cref="MessageLogException">The topics cannot be read.</exception>
    public static async Task CheckAsync(FraudSettings settings, TransactionSchema schema, CancellationToken cancellationToken)
    {
        var predictions = await StreamTopics.FirstRecordsAsync(settings, TopicNames.Predictions, SampleRecords, cancellationToken);
        if (predictions.Any(record => IsPrediction(record, schema)))
            return;
        var other = predictions.Select(SchemaOfPrediction).FirstOrDefault(name => name is not null);
        if (other is null)
        {
            var transactions = await StreamTopics.FirstRecordsAsync(settings, TopicNames.Transactions, SampleRecords, cancellationToken);
            if (transactions.Count == 0 || transactions.Any(record => IsPayment(record, schema)))
                return;
            // Records that no known schema can read may well be this one's: they go to `rejected`, each with its reason.
            other = SchemaFile.Find(known => transactions.Any(record => IsPayment(record, known)))?.Name;
        }

        if (other is not null)
            throw new SettingsException(Refusal(settings, schema, other));
    }

    static string Refusal(FraudSettings settings, TransactionSchema schema, string other)
    {
        var (topics, elsewhere) = settings.Topics.Kafka is { } kafka
            ? ($"the topics {kafka.Prefix}{settings.Topics.NameOf(TopicNames.Transactions)} and {kafka.Prefix}{settings.Topics.NameOf(TopicNames.Predictions)} at {kafka.BootstrapServers}", "other topics with topics.kafka.prefix")
            : ($"the topics in {settings.DataDirectory}", "another folder with --data");
        if (other == Unknown)
            return $"{topics} hold payments of {Unknown} than {schema.Name}: name theirs with --schema, or give {elsewhere}";
        return other == schema.Name
            ? $"{topics} hold payments of another schema {other} than this one, with other fields: name its file with --schema, or give {elsewhere}"
            : $"{topics} hold payments of schema {other}, and this is {schema.Name}: give --schema {other}, or {elsewhere}";
    }

    static bool IsPayment(TopicRecord record, TransactionSchema schema)
    {
        using var rows = new TransactionRows(schema, 1);
        return new TransactionReader(schema, int.MaxValue).Read(record.Value.Span, rows) is null;
    }

    static bool IsPrediction(TopicRecord record, TransactionSchema schema)
    {
        using var rows = new PredictionRows(schema, 1);
        return new PredictionReader(schema, int.MaxValue).Read(record.Value.Span, rows) is null;
    }

    /// <summary>What a prediction says of its schema: its model's version begins with the name. Null of a record that is no prediction.</summary>
    static string? SchemaOfPrediction(TopicRecord record)
    {
        try
        {
            using var json = JsonDocument.Parse(record.Value);
            if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("model_version", out var version)
                || version.ValueKind != JsonValueKind.String)
                return null;
            return ModelCard.SchemaNameIn(version.GetString()!) ?? SchemaFile.Find(known => IsPrediction(record, known))?.Name ?? Unknown;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
