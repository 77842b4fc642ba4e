using System.Collections.Immutable;
using FraudStreams.Model.Schemas;
using FraudStreams.Sqlite;
using FraudStreams.Storage.Sqlite;
using Npgsql;

namespace FraudStreams.Storage;

/// <summary>What was removed.</summary>
/// <param name="Ids">Of the payments.</param>
/// <param name="NotAnew">Why what they held still stands in freed pages of the store's file; null where it does not.</param>
sealed record ErasedPayments(ImmutableArray<string> Ids, long Labels, string? NotAnew = null);

/// <summary>Removes the payments of a card, their labels and what challengers said of them from the store, in one transaction.</summary>
static class StoreErasure
{
    /// <summary>The ids of the payments that <see cref="EraseAsync"/> would remove.</summary>
    /// <param name="cards">The card as the store may have it: its number, its tokens.</param>
    /// <exception cref="StoreException">The store cannot be read now.</exception>
    public static async Task<ImmutableArray<string>> FindAsync(StoreSettings settings, string dataDirectory, TransactionSchema schema, IReadOnlyCollection<string> cards, CancellationToken cancellationToken)
    {
        var (id, card) = (StoreColumn.Quote(schema.Roles.Id), StoreColumn.Quote(schema.Roles.Card!));
        try
        {
            if (settings.Postgres is { } postgres)
            {
                await using var connection = postgres.ToConnection();
                await connection.OpenAsync(cancellationToken);
                return [.. await FindAsync(connection, null, postgres.Tables, id, card, cards, cancellationToken)];
            }

            var sqlite = new SqliteStoreSettings(dataDirectory);
            if (!File.Exists(sqlite.File))
                return [];
            using var file = SqliteFile.Open(sqlite.File, SqliteAccess.ReadWrite, sqlite.LockTimeout);
            return Find(file, new StoreTableNames(null), id, card, cards);
        }
        catch (Exception e) when (e is NpgsqlException or SqliteFileException)
        {
            throw new StoreException(settings.Postgres is { } database ? $"{database.Location}: {e.Message}" : e.Message);
        }
    }

    /// <param name="cards">The card as the store may have it: its number, its tokens.</param>
    /// <exception cref="StoreException">The store cannot be written now; nothing was removed.</exception>
    public static async Task<ErasedPayments> EraseAsync(StoreSettings settings, string dataDirectory, TransactionSchema schema, IReadOnlyCollection<string> cards, CancellationToken cancellationToken)
    {
        var (id, card) = (StoreColumn.Quote(schema.Roles.Id), StoreColumn.Quote(schema.Roles.Card!));
        if (settings.Postgres is not { } postgres)
            return Erase(new SqliteStoreSettings(dataDirectory), new StoreTableNames(null), id, card, cards);
        var tables = postgres.Tables;
        try
        {
            await using var connection = postgres.ToConnection();
            await connection.OpenAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            var ids = await FindAsync(connection, transaction, tables, id, card, cards, cancellationToken);
            var labels = await DeleteAsync($"DELETE FROM {tables.LabelHistory} WHERE id = ANY($1)");
            await DeleteAsync($"DELETE FROM {tables.Shadow} WHERE id = ANY($1)");
            await DeleteAsync($"DELETE FROM {tables.Transactions} WHERE {id} = ANY($1)");
            await transaction.CommitAsync(cancellationToken);
            return new ErasedPayments([.. ids], labels);

            async Task<long> DeleteAsync(string sql)
            {
                await using var delete = new NpgsqlCommand(sql, connection, transaction);
                delete.Parameters.AddWithValue(ids.ToArray());
                return await delete.ExecuteNonQueryAsync(cancellationToken);
            }
        }
        catch (NpgsqlException e)
        {
            throw new StoreException($"{postgres.Location}: {e.Message}");
        }
    }

    static async Task<List<string>> FindAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, StoreTableNames tables, string id, string card, IReadOnlyCollection<string> cards, CancellationToken cancellationToken)
    {
        var ids = new List<string>();
        await using var find = new NpgsqlCommand($"SELECT {id} FROM {tables.Transactions} WHERE {card} = ANY($1)", connection, transaction);
        find.Parameters.AddWithValue(cards.ToArray());
        await using var rows = await find.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
            ids.Add(rows.GetString(0));
        return ids;
    }

    static ImmutableArray<string> Find(SqliteFile file, StoreTableNames tables, string id, string card, IReadOnlyCollection<string> cards)
    {
        var ids = ImmutableArray.CreateBuilder<string>();
        foreach (var number in cards)
        {
            using var found = file.Query($"SELECT {id} FROM {tables.Transactions} WHERE {card} = ?1").Bind(1, number);
            while (found.Step())
                ids.Add(found.Text(0));
        }

        return ids.ToImmutable();
    }

    static ErasedPayments Erase(SqliteStoreSettings settings, StoreTableNames tables, string id, string card, IReadOnlyCollection<string> cards)
    {
        if (!File.Exists(settings.File))
            return new ErasedPayments([], 0);
        try
        {
            using var file = SqliteFile.Open(settings.File, SqliteAccess.ReadWrite, settings.LockTimeout);
            var labels = 0L;
            file.Begin();
            var ids = Find(file, tables, id, card, cards);
            foreach (var payment in ids)
            {
                labels += Delete(file, $"DELETE FROM {tables.LabelHistory} WHERE id = ?1", payment);
                Delete(file, $"DELETE FROM {tables.Shadow} WHERE id = ?1", payment);
                Delete(file, $"DELETE FROM {tables.Transactions} WHERE {id} = ?1", payment);
            }

            file.Commit();
            return new ErasedPayments(ids, labels, file.TryWriteAnew());
        }
        catch (SqliteFileException e)
        {
            throw new StoreException(e.Message);
        }
    }

    static long Delete(SqliteFile file, string sql, string payment)
    {
        using var delete = file.Query(sql).Bind(1, payment);
        delete.Run();
        return file.Changes;
    }
}
