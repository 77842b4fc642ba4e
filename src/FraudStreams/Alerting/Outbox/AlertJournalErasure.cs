using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
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

    /// <summary>What no payment wrote: hashes of transactions in a snapshot, times, hosts, traces.</summary>
    static readonly ImmutableHashSet<string> s_technical = ["event", "known", "at", "holder", "trace_parent"];

    /// <summary>Where the card stands by itself, and not in a longer number or word: alerts of other cards keep what has it in it.</summary>
    readonly ImmutableArray<(Regex Alone, string Mask)> _alone =
        [.. names.Where(name => name.Length >= LeastText).Select(name => (new Regex($"(?<![A-Za-z0-9]){Regex.Escape(name)}(?![A-Za-z0-9])", RegexOptions.CultureInvariant, s_matchTimeout), MaskOf(name)))];

    static readonly TimeSpan s_matchTimeout = TimeSpan.FromSeconds(10);
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
        return Erase(root, isOfCard: false) ? JsonSerializer.SerializeToUtf8Bytes(root) : null;
    }

    /// <param name="isOfCard">It is in an alert of the card: then its number is masked in whatever way it is written.</param>
    bool Erase(JsonNode? node, bool isOfCard)
    {
        var isChanged = false;
        if (node is JsonArray array)
        {
            foreach (var item in array)
                isChanged |= Erase(item, isOfCard);
        }
        else if (node is JsonObject values)
        {
            isOfCard |= values[Key] is JsonValue key && key.GetValueKind() == JsonValueKind.String && CardOf(key.GetValue<string>()) is { } card && IsCard(card);
            foreach (var (name, value) in values.ToArray())
            {
                if (value?.GetValueKind() != JsonValueKind.String)
                {
                    isChanged |= Erase(value, isOfCard);
                }
                else if (value.GetValue<string>() is var text && Without(name, text, isOfCard) is var without && without != text)
                {
                    values[name] = without;
                    isChanged = true;
                }
            }
        }

        return isChanged;
    }

    string Without(string name, string text, bool isOfCard) =>
        s_technical.Contains(name) ? text : name == Key && CardOf(text) is { } card && IsCard(card) ? Convert.ToBase64String(Encoding.UTF8.GetBytes(MaskOf(card))) : Without(text, isOfCard);

    string Without(string text, bool isOfCard)
    {
        if (!isOfCard)
            return _alone.Aggregate(text, (text, name) => name.Alone.Replace(text, name.Mask));
        text = SecretText.Without(text, names);
        return names.Where(name => name.Length >= LeastText).Aggregate(text, (text, name) => text.Replace(name, MaskOf(name), StringComparison.Ordinal));
    }

    bool IsCard(string card) => names.Contains(card) || names.Contains(CardTokens.CanonicalOf(card));

    /// <summary>Null where it is no base64.</summary>
    static string? CardOf(string base64)
    {
        var key = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, key, out var length) ? Encoding.UTF8.GetString(key.AsSpan(0, length)) : null;
    }

    static string MaskOf(string name) => SecretText.Mask(Encoding.UTF8.GetBytes(CardTokens.CanonicalOf(name)));
}
