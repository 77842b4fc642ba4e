using System.Buffers;
using System.Globalization;
using System.Text;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Model.Drift;
using FraudStreams.Model.Explanation;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Json;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Pipelines;
using FraudStreams.Simulation.Generation;
using FraudStreams.Sqlite;
using FraudStreams.Storage;
using FraudStreams.Storage.Sqlite;
using FraudStreams.Topics;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace FraudStreams.Bench;

/// <summary>
/// Fills a store with many payments, the same each time. Ten days of generated payments are scored by a model that is trained on the six before them, with reasons and
/// labels, and stored as the stream does; the database then copies these rows, each copy ten days later and with other ids, and makes its indexes anew. What
/// was counted for drift is copied likewise.
/// </summary>
sealed class ManyPayments(FraudSettings settings, long payments)
{
    /// <summary>A day's payments, of 8,000 cards.</summary>
    const int PerDay = 20_000;

    const int LearntDays = 6;
    const int Days = 10;
    const int BatchRecords = 4000;

    static readonly GeneratorSettings s_generator = new() { PaymentsPerDay = PerDay };

    readonly TransactionSchema _schema = Configuration.SchemaFile.Read(PaymentGenerator.SchemaName);

    public async Task<ScoringModel> FillAsync()
    {
        var local = new LocalModels(settings.DataDirectory, TimeProvider.System);
        var trainer = new Trainer(settings.Model, local, WorkProgress.Logged(_ => { }), TimeProvider.System);
        var (trained, why) = trainer.Train(new GeneratedHistory(s_generator, LearntDays * PerDay, _schema), CancellationToken.None);
        var model = trained ?? throw new InvalidOperationException(why);
        await using (var topics = StreamTopics.OpenRegistry(settings, NullLogger.Instance, TimeProvider.System))
        {
            await using var registry = new ModelRegistry(topics, local, TimeSpan.Zero, TimeProvider.System);
            await registry.RegisterAsync(model.Card, "bench", "the first", CancellationToken.None);
            await registry.PromoteAsync(model.Version, "bench", "the first", 0, CancellationToken.None);
        }

        var reference = DriftReferenceFile.Load(local.FolderOf(model.Version))!;
        var counter = new DriftCounter(model.Version, reference, model.Features);
        await using (var store = settings.Store.Open(settings.DataDirectory, settings.Topics, _schema, TimeProvider.System))
            await StoreBaseAsync(store, model, counter);
        var copies = (int)(payments / (Days * (long)PerDay)) - 1;
        if (settings.Store.Postgres is not null)
            await CopyPostgresAsync(copies);
        else
            CopySqlite(copies);
        await PublishDriftAsync([.. counter.Take()], copies);
        return model;
    }

    async Task StoreBaseAsync(PredictionStore store, ScoringModel model, DriftCounter counter)
    {
        ModelExplainer.TryCreate(model, out var explainer, out _);
        var generator = new PaymentGenerator(s_generator);
        var (writer, reader, windows, width) = (new PaymentWriter(generator), new TransactionReader(_schema), new WindowState(_schema), model.Features.Count);
        var (json, scores, features) = (new ArrayBufferWriter<byte>(1024), new double[BatchRecords], new double[BatchRecords * width]);
        using var rows = new TransactionRows(_schema, BatchRecords);
        for (var number = 0L; number < (LearntDays + Days) * (long)PerDay;)
        {
            rows.Clear();
            for (var row = 0; row < BatchRecords; row++, number++)
            {
                json.ResetWrittenCount();
                writer.WriteJson(generator.At(number), json);
                reader.Read(json.WrittenSpan, rows);
            }

            windows.Advance(rows);
            if (number <= LearntDays * PerDay)
                continue;
            model.Score(rows, scores, features);
            counter.Count(rows.EventTime, scores, features);
            await StoreAsync(store, rows, row => Prediction(model, explainer!, rows, row, scores[row], features.AsSpan(row * width, width)), scores, model.Threshold);
        }
    }

    static async Task StoreAsync(PredictionStore store, TransactionRows rows, Func<int, byte[]> prediction, double[] scores, double threshold)
    {
        await store.WriteAsync([.. Enumerable.Range(0, rows.Count).Select(row => new TopicRecord(new TopicPartition(TopicNames.Predictions, 0), row, default, prediction(row), 0))]);

        // A person has looked at each fourth alert.
        await store.WriteAsync(
        [
            .. Enumerable.Range(0, rows.Count).Where(row => scores[row] >= threshold && row % 4 == 0)
                .Select(row => new Label(Encoding.UTF8.GetString(rows.Id(row)), rows.Label(row) == true, rows.EventTime(row) + 86_400_000, "anna")),
        ]);
    }

    static byte[] Prediction(ScoringModel model, ModelExplainer explainer, TransactionRows rows, int row, double score, ReadOnlySpan<double> features)
    {
        var into = new ArrayBufferWriter<byte>(1024);
        var isFraud = score >= model.Threshold;
        PredictionWriter.Write(
            into, rows.Source(row), score, isFraud, model.Version, DateTimeOffset.FromUnixTimeMilliseconds(rows.EventTime(row)), default, isFraud ? ReasonsJson.Write(explainer.Reasons(features)) : default);
        return into.WrittenSpan.ToArray();
    }

    void CopySqlite(int copies)
    {
        var (tables, store) = (new StoreTables(_schema, StoreDialect.Sqlite, new StoreTableNames(null)), settings.Store.Sqlite(settings.DataDirectory, settings.Topics));
        using var file = SqliteFile.Open(store.File, SqliteAccess.ReadWrite, store.LockTimeout);
        file.Execute("PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144; CREATE TEMP TABLE base AS SELECT * FROM transactions");
        var indexes = new List<(string Name, string Sql)>();
        using (var found = file.Query("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'transactions' AND sql IS NOT NULL"))
        {
            while (found.Step())
                indexes.Add((found.Text(0), found.Text(1)));
        }

        foreach (var (name, _) in indexes)
            file.Execute($"DROP INDEX {name}");
        for (var copy = 1; copy <= copies; copy++)
            file.Execute(Copy(tables, "base", copy, $"{tables.Time} + {copy * Days * 86_400_000L}", "rowid"));
        foreach (var (_, sql) in indexes)
            file.Execute(sql);
        file.Execute("PRAGMA journal_mode = WAL");
    }

    async Task CopyPostgresAsync(int copies)
    {
        var tables = new StoreTables(_schema, StoreDialect.Postgres, settings.Store.Postgres!.Tables);
        await using var connection = new NpgsqlConnection(settings.Store.Postgres.ToConnectionString(pooling: false));
        await connection.OpenAsync();
        await DoAsync($"SET synchronous_commit = off; SET maintenance_work_mem = '256MB'; CREATE TEMP TABLE base AS SELECT row_number() OVER () AS number, * FROM {tables.TableNames.Transactions}");
        var indexes = new List<(string Name, string Sql)>();
        await using (var select = new NpgsqlCommand("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = $1 AND tablename = 'transactions'", connection))
        {
            select.Parameters.AddWithValue(settings.Store.Postgres.Schema);
            await using var found = await select.ExecuteReaderAsync();
            while (await found.ReadAsync())
                indexes.Add((found.GetString(0), found.GetString(1)));
        }

        foreach (var (name, _) in indexes)
            await DoAsync($"DROP INDEX {StoreColumn.Quote(settings.Store.Postgres.Schema)}.{name}");
        for (var copy = 1; copy <= copies; copy++)
            await DoAsync(Copy(tables, "base", copy, $"{tables.Time} + interval '{copy * Days} days'", "number"));
        foreach (var (_, sql) in indexes)
            await DoAsync(sql);

        // As autovacuum does beside a running stream.
        await DoAsync($"VACUUM ANALYZE {tables.TableNames.Transactions}");

        async Task DoAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync();
        }
    }

    static string Copy(StoreTables tables, string from, int copy, string time, string order)
    {
        var columns = tables.All.Select(column => StoreColumn.Quote(column.Name)).ToArray();
        return $"""
            INSERT INTO {tables.TableNames.Transactions} ({string.Join(", ", columns)})
            SELECT {string.Join(", ", columns.Select(column => column == tables.Id ? $"{column} || '-{copy}'" : column == tables.Time ? time : column))} FROM {from} ORDER BY {order}
            """;
    }

    async Task PublishDriftAsync(List<DriftHour> hours, int copies)
    {
        await using var topics = StreamTopics.Open(settings, NullLogger.Instance, TimeProvider.System);
        for (var copy = 0; copy <= copies; copy++)
        {
            using var batch = new RecordBatch(hours.Count);
            foreach (var hour in hours)
                batch.Add(TopicNames.Drift, [], hour with { Hour = hour.Hour + (copy * Days * 24L) }, static (into, hour) => hour.Write(into));
            await topics.PublishAsync(batch, CancellationToken.None);
        }
    }
}
