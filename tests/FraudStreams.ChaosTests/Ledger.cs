using System.Text.Json;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Json;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;

namespace FraudStreams.ChaosTests;

/// <summary>A record of `predictions`.</summary>
/// <param name="At">When it was written to the topic, in unix milliseconds.</param>
readonly record struct Predicted(string Id, Verdict Verdict, string Model, long At);

/// <summary>A record's id and time, in unix milliseconds.</summary>
readonly record struct Dated(string Id, long At);

/// <summary>A row of the store. Where the store does not say when it was written, At is 0.</summary>
readonly record struct StoredRow(string Id, double Score, bool IsFraud, long At);

/// <summary>The final contents of the topics, the store and the mail server.</summary>
sealed record Ledger(
    IReadOnlyList<Dated> Transactions, IReadOnlyList<Predicted> Predictions, IReadOnlyList<Dated> Rejected, IReadOnlyList<StoredRow> Stored,
    IReadOnlyList<Dated> Alerts, IReadOnlyList<string> Mails)
{
    const string IdField = "trans_num";

    public static readonly Ledger Empty = new([], [], [], [], [], []);

    /// <summary>Mails that repeat another one.</summary>
    public int ExtraMails => Mails.Count - Mails.Distinct().Count();

    public static Ledger Of(Func<string, IEnumerable<TopicRecord>> read, IReadOnlyList<StoredRow> stored, IReadOnlyList<string> mails) => new(
        [.. read(TopicNames.Transactions).Select(record => new Dated(IdOf(record.Value), record.UnixMilliseconds))],
        [.. read(TopicNames.Predictions).Select(PredictionOf)],
        [.. read(TopicNames.Rejected).Select(record => new Dated(IdOf(RejectedRecord.Read(record.Value)!.Original), record.UnixMilliseconds))],
        stored,
        [.. read(TopicNames.Alerts).Select(AlertOf)],
        mails);

    public static IEnumerable<Predicted> PredictionsOf(StreamFolder folder) => EmbeddedLog.ReadRecords(folder.Data, TopicNames.Predictions).Select(PredictionOf);

    static Predicted PredictionOf(TopicRecord record)
    {
        using var json = JsonDocument.Parse(record.Value);
        var root = json.RootElement;
        var verdict = new Verdict(root.GetProperty("score").GetDouble(), root.GetProperty("prediction").GetInt32() == 1);
        return new Predicted(root.GetProperty(IdField).GetString()!, verdict, root.GetProperty("model_version").GetString()!, record.UnixMilliseconds);
    }

    static Dated AlertOf(TopicRecord record)
    {
        using var json = JsonDocument.Parse(record.Value);
        return new Dated(
            json.RootElement.GetProperty("transaction").GetString()!, json.RootElement.GetProperty("alerted_at").GetDateTimeOffset().ToUnixTimeMilliseconds());
    }

    static string IdOf(ReadOnlyMemory<byte> transaction)
    {
        using var json = JsonDocument.Parse(transaction);
        return json.RootElement.GetProperty(IdField).GetString()!;
    }
}
