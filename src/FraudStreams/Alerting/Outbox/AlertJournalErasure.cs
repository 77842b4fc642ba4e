using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FraudStreams.Model.Schemas;
using FraudStreams.Sqlite;
using FraudStreams.Storage;
using FraudStreams.Storage.Postgres;
using Npgsql;

namespace FraudStreams.Alerting.Outbox;

/// <param name="Rows">How many events and snapshots were written without it.</param>
/// <param name="NotAnew">Why what they held still stands in freed pages of the journal's file; null where it does not.</param>
sealed record ErasedEvents(int Rows, string? NotAnew = null);

/// <summary>
/// Takes a card out of the outboxes' journal: its alerts get a key of its last four digits, and texts that repeat its number are masked. They stay as they are otherwise, so that recovery
/// counts the same ones, and those that are pending are still sent. Only while no process has the outboxes open.
/// </summary>
/// <param name="names">Under which the card is kept: its number, its tokens.</param>
sealed class AlertJournalErasure(IReadOnlyCollection<string> names)
{
    /// <summary>A shorter text would be found in others.</summary>
    const int LeastText = 8;

    /// <summary>The card in an alert, in base64.</summary>
    const string Key = "key";

    /// <summary>Hashes of transactions in a snapshot, in base64.</summary>
    const string Known = "known";

    static readonly TimeSpan s_lockTimeout = TimeSpan.FromSeconds(10);

    /// <summary>A row's key as text, in both databases.</summary>
    static readonly (string Table, string Key, string Column)[] s_tables =
        [("journal", "CAST(ordering AS varchar(20))", "message"), ("snapshot", "persistence_id || ' ' || sequence_number", "snapshot")];

    /// <exception cref="StoreException">The database cannot be used now; nothing was erased. So does <see cref="SqliteFileException"/> of the file.</exception>
    public async Task<ErasedEvents> EraseAsync(AlertJournalSettings settings, string dataDirectory, CancellationToken cancellationToken)
    {
        if (settings.Postgres is not { } postgres)
            return Erase(AlertJournalSettings.SqliteFile(dataDirectory));
        try
        {
            return new ErasedEvents(await EraseAsync(postgres, cancellationToken));
        }
        catch (NpgsqlException e)
        {
            throw PostgresFault.ToStoreException("erasing a card from the journal of alerts", postgres, e);
        }
    }

    ErasedEvents Erase(string path)
    {
        if (!File.Exists(path))
            return new ErasedEvents(0);
        using var file = SqliteFile.Open(path, SqliteAccess.ReadWrite, s_lockTimeout);
        var erased = 0;
        file.Begin();
        foreach (var (table, key, column) in s_tables)
        {
            if (file.QueryLong($"SELECT count(*) FROM sqlite_master WHERE name = '{table}'") == 0)
                continue;
            var changed = new List<(string Key, byte[] Json)>();
            using (var rows = file.Query($"SELECT {key}, {column} FROM {table}"))
            {
                while (rows.Step())
                {
                    if (Without(rows.Bytes(1)) is { } json)
                        changed.Add((rows.Text(0), json));
                }
            }

            foreach (var (row, json) in changed)
            {
                using var update = file.Query($"UPDATE {table} SET {column} = ?1 WHERE {key} = ?2");
                update.BindBlob(1, json).Bind(2, row).Run();
            }

            erased += changed.Count;
        }

        file.Commit();
        return new ErasedEvents(erased, file.TryWriteAnew());
    }

    async Task<int> EraseAsync(PostgresStoreSettings postgres, CancellationToken cancellationToken)
    {
        await using var connection = postgres.ToConnection();
        await connection.OpenAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var erased = 0;
        foreach (var (table, key, column) in s_tables)
        {
            var name = $"{StoreColumn.Quote(postgres.Schema)}.{table}";
            await using var exists = new NpgsqlCommand("SELECT to_regclass($1) IS NOT NULL", connection, transaction) { Parameters = { new() { Value = name } } };
            if (await exists.ExecuteScalarAsync(cancellationToken) is not true)
                continue;
            var changed = new List<(string Key, byte[] Json)>();
            await using (var all = new NpgsqlCommand($"SELECT {key}, {column} FROM {name}", connection, transaction) { CommandTimeout = 0 })
            await using (var rows = await all.ExecuteReaderAsync(cancellationToken))
            {
                while (await rows.ReadAsync(cancellationToken))
                {
                    if (Without(rows.GetFieldValue<byte[]>(1)) is { } json)
                        changed.Add((rows.GetString(0), json));
                }
            }

            foreach (var (row, json) in changed)
            {
                await using var update = new NpgsqlCommand($"UPDATE {name} SET {column} = $1 WHERE {key} = $2", connection, transaction) { Parameters = { new() { Value = json }, new() { Value = row } } };
                await update.ExecuteNonQueryAsync(cancellationToken);
            }

            erased += changed.Count;
        }

        await transaction.CommitAsync(cancellationToken);
        return erased;
    }

    /// <summary>An event or a snapshot without the card; null where it does not have it.</summary>
    internal byte[]? Without(ReadOnlySpan<byte> json)
    {
        var root = JsonNode.Parse(json)!;
        return Erase(root) ? JsonSerializer.SerializeToUtf8Bytes(root) : null;
    }

    bool Erase(JsonNode? node)
    {
        var isChanged = false;
        if (node is JsonArray array)
        {
            foreach (var item in array)
                isChanged |= Erase(item);
        }
        else if (node is JsonObject values)
        {
            foreach (var (name, value) in values.ToArray())
            {
                if (value?.GetValueKind() != JsonValueKind.String)
                {
                    isChanged |= Erase(value);
                }
                else if (value.GetValue<string>() is var text && Without(name, text) is var without && without != text)
                {
                    values[name] = without;
                    isChanged = true;
                }
            }
        }

        return isChanged;
    }

    string Without(string name, string text) => name == Known ? text : name == Key ? WithoutKey(text) : Without(text);

    string WithoutKey(string base64)
    {
        var key = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, key, out var length))
            return base64;
        var card = Encoding.UTF8.GetString(key.AsSpan(0, length));
        return names.Contains(card) || names.Contains(CardTokens.CanonicalOf(card))
            ? Convert.ToBase64String(Encoding.UTF8.GetBytes(SecretText.Mask(Encoding.UTF8.GetBytes(CardTokens.CanonicalOf(card)))))
            : base64;
    }

    string Without(string text)
    {
        text = SecretText.Without(text, names);
        foreach (var name in names.Where(name => name.Length >= LeastText))
            text = text.Replace(name, SecretText.Mask(Encoding.UTF8.GetBytes(name)), StringComparison.Ordinal);
        return text;
    }
}
