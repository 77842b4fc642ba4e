using System.Buffers;
using FraudStreams.Alerting;
using FraudStreams.Alerting.Channels.Files;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.Simulation;
using FraudStreams.Sqlite;
using FraudStreams.Storage;
using FraudStreams.Storage.Sqlite;
using FraudStreams.Topics;

namespace FraudStreams.Bench;

/// <summary>
/// The baseline of <see cref="SpineBench"/>, without topics, actors and streams: one loop on one thread that reads 500 payments of a file, logs and
/// scores them, logs the predictions, stores the rows and writes the alerts, then reads the next 500. It makes the same durable writes with
/// the same readers, model and table, and reads nothing back. No rate limiter, no restart, no independent pace of the sinks.
/// </summary>
static class ByHand
{
    const int BatchRows = 500;

    public static async Task RunAsync(string csv, string modelFolder, string data)
    {
        var model = ModelArtifact.Load(modelFolder);
        using var log = SqliteFile.Open(Path.Combine(Directory.CreateDirectory(data).FullName, "log.db"), SqliteAccess.Create, TimeSpan.FromSeconds(1));
        log.UseWriteAheadLog(4096);
        log.Execute("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000");
        log.Execute("CREATE TABLE transactions (\"offset\" INTEGER PRIMARY KEY, \"key\" BLOB, value BLOB)");
        log.Execute("CREATE TABLE predictions (\"offset\" INTEGER PRIMARY KEY, \"key\" BLOB, value BLOB)");
        log.Execute("CREATE TABLE checkpoint (name TEXT PRIMARY KEY, next INTEGER)");
        var insertTransaction = log.Prepare("INSERT INTO transactions VALUES (?, ?, ?)");
        var insertPrediction = log.Prepare("INSERT INTO predictions VALUES (?, ?, ?)");
        var saveCheckpoint = log.Prepare("INSERT OR REPLACE INTO checkpoint VALUES (?, ?)");

        await using var store = PredictionStore.Open(new SqliteStoreSettings(data), model.Schema, TimeProvider.System);
        var template = AlertTemplate.Parse(AlertTemplate.Default, model.Schema, "the default template");
        var mail = new FolderMailTransport(Path.Combine(data, "alerts"), "a@localhost", ["b@localhost"], template, TimeProvider.System);

        using var feed = new CsvFeed(csv, model.Schema);
        var reader = new TransactionReader(model.Schema);
        var predictions = new PredictionReader(model.Schema);
        using var rows = new TransactionRows(model.Schema);
        using var alerting = new PredictionRows(model.Schema);
        var scores = new double[BatchRows];
        var payment = new ArrayBufferWriter<byte>();
        var offset = 0L;
        for (var atEnd = false; !atEnd;)
        {
            rows.Clear();
            var batch = new List<TopicRecord>(BatchRows);
            log.Begin();
            while (batch.Count < BatchRows)
            {
                payment.ResetWrittenCount();
                atEnd = !feed.TryRead(payment);
                if (atEnd)
                    break;
                insertTransaction.Bind(1, offset++).BindBlob(2, feed.Key).BindBlob(3, payment.WrittenSpan).Run();
                if (reader.Read(payment.WrittenSpan, rows) is { } reason)
                    throw new InvalidDataException($"row {offset}: {reason.Message}");
                batch.Add(new TopicRecord(new TopicPartition("transactions", 0), offset, feed.Key.ToArray(), default, 0));
            }

            saveCheckpoint.Bind(1, "file").Bind(2, feed.Position).Run();
            log.Commit();
            if (batch.Count == 0)
                break;

            model.Score(rows, scores.AsSpan(0, rows.Count));
            log.Begin();
            for (var row = 0; row < batch.Count; row++)
            {
                payment.ResetWrittenCount();
                PredictionWriter.Write(payment, rows.Source(row), scores[row], scores[row] >= model.Threshold, model.Version, TimeProvider.System.GetUtcNow());
                batch[row] = batch[row] with { Value = payment.WrittenSpan.ToArray() };
                insertPrediction.Bind(1, batch[row].Offset).BindBlob(2, batch[row].Key.Span).BindBlob(3, batch[row].Value.Span).Run();
            }

            saveCheckpoint.Bind(1, "scored").Bind(2, offset).Run();
            log.Commit();

            await store.WriteAsync(batch);
            for (var row = 0; row < batch.Count; row++)
            {
                if (scores[row] < model.Threshold)
                    continue;
                alerting.Clear();
                if (predictions.Read(batch[row].Value.Span, alerting) is null)
                    await mail.SendAsync(AlertMessage.Of([Alert.Of(alerting, 0, batch[row])], []), CancellationToken.None);
            }
        }
    }
}
