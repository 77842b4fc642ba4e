using System.Collections.Immutable;
using FraudStreams.Model.Formats;
using FraudStreams.Model.Schema;
using FraudStreams.Sqlite;
using FraudStreams.Topics;

namespace FraudStreams.Storage;

/// <summary>How many payments a store holds, and how many of them were predicted to be fraud.</summary>
public readonly record struct StoreCounts(long Stored, long PredictedFrauds);

/// <summary>A record of `predictions` that is none.</summary>
public readonly record struct UnreadablePrediction(TopicRecord Record, RejectReason Reason);

/// <summary>What became of a batch: rows that are new, rows that were there already, and records that are no predictions of this schema.</summary>
public sealed record StoredBatch(int Stored, int AlreadyThere, ImmutableArray<UnreadablePrediction> Unreadable);

/// <summary>
/// Every payment once, with its first prediction, in one SQLite file. A batch is one transaction, durable when its write returns; writing it again
/// changes nothing. Any number of callers may write: they take turns.
/// </summary>
public sealed class PredictionStore : IAsyncDisposable
{
    /// <summary>What is longer than this is waited for without holding a thread.</summary>
    internal static readonly TimeSpan PatienceOnThread = TimeSpan.FromMilliseconds(20);

    readonly SqliteStoreSettings _settings;
    readonly StoreTable _table;
    readonly PredictionReader _reader;
    readonly PredictionRows _rows;
    readonly TimeProvider _time;
    readonly SemaphoreSlim _turn = new(1);
    StoreWriter? _writer;
    long _stored, _predictedFrauds;

    PredictionStore(SqliteStoreSettings settings, TransactionSchema schema, TimeProvider time)
    {
        _settings = settings;
        _table = new StoreTable(schema);
        _reader = new PredictionReader(schema, settings.LongestRecord);
        _rows = new PredictionRows(schema);
        _time = time;
        _writer = new StoreWriter(_table.OpenOrCreate(settings), _table, schema);
        (_stored, _predictedFrauds) = _writer.Count();
    }

    /// <summary>What is stored now.</summary>
    public StoreCounts Counts => new(Interlocked.Read(ref _stored), Interlocked.Read(ref _predictedFrauds));

    /// <summary>Opens the store, making folder, file and table where they are missing.</summary>
    /// <exception cref="StoreException">The file cannot be used, is of a newer release, or holds the payments of another schema.</exception>
    public static PredictionStore Open(SqliteStoreSettings settings, TransactionSchema schema, TimeProvider time)
    {
        try
        {
            return new PredictionStore(settings, schema, time);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"The store cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>What a data folder's store holds, also while another process writes it; nothing where there is none, and then none is made.</summary>
    public static StoreCounts ReadCounts(string folder)
    {
        var path = new SqliteStoreSettings(folder).File;
        if (!File.Exists(path)) return default;

        try
        {
            using var file = SqliteFile.Open(path, SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
            file.Execute("PRAGMA query_only = 1; BEGIN");
            if (file.QueryLong("SELECT count(*) FROM sqlite_master") == 0) return default;

            StoreTable.CheckVersion(file);
            return StoreWriter.Count(file);
        }
        catch (SqliteFileException e)
        {
            throw new StoreException($"The store's counts cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Stores what of the records can be read as predictions, in one transaction, and says what could not.</summary>
    /// <exception cref="StoreException">The file cannot be written: nothing of the batch was stored, and it can be written again.</exception>
    public async Task<StoredBatch> WriteAsync(IReadOnlyList<TopicRecord> records, CancellationToken ct = default)
    {
        await _turn.WaitAsync(ct);
        try
        {
            var unreadable = Read(records);
            var written = await WriteWithPatienceAsync(ct);
            Interlocked.Add(ref _stored, written.Stored);
            Interlocked.Add(ref _predictedFrauds, written.PredictedFrauds);
            return new StoredBatch((int)written.Stored, _rows.Count - (int)written.Stored, unreadable);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync();
        _writer?.Dispose();
        _rows.Dispose();
    }

    ImmutableArray<UnreadablePrediction> Read(IReadOnlyList<TopicRecord> records)
    {
        _rows.Clear();
        var unreadable = ImmutableArray.CreateBuilder<UnreadablePrediction>(0);
        for (var i = 0; i < records.Count; i++)
        {
            if (_reader.TryRead(records[i].Value.Span, _rows) is { } reason) unreadable.Add(new UnreadablePrediction(records[i], reason));
        }

        return unreadable.ToImmutable();
    }

    /// <summary>A lock that another process holds is waited for without holding a thread, up to the limit.</summary>
    async Task<StoreCounts> WriteWithPatienceAsync(CancellationToken ct)
    {
        var started = _time.GetTimestamp();
        var pause = TimeSpan.FromMilliseconds(1);
        while (true)
        {
            try
            {
                return Write();
            }
            catch (SqliteFileException e) when (e.Fault == SqliteFault.Locked && _time.GetElapsedTime(started) < _settings.LockTimeout)
            {
                await Task.Delay(pause, _time, ct);
                pause = TimeSpan.FromMilliseconds(Math.Min(100, pause.TotalMilliseconds * 2));
            }
            catch (SqliteFileException e)
            {
                throw new StoreException($"Storing {_rows.Count} predictions failed: {e.Message}", e);
            }
        }
    }

    StoreCounts Write()
    {
        _writer ??= new StoreWriter(_table.OpenOrCreate(_settings), _table, _reader.Schema);
        try
        {
            return _writer.Write(_rows);
        }
        catch (SqliteFileException e)
        {
            // A connection whose fault was neither a lock nor a full disk is made anew at the next write.
            if (_writer.TryRollBack() && e.Fault is SqliteFault.Locked or SqliteFault.DiskFull) throw;
            _writer.Dispose();
            _writer = null;
            throw;
        }
    }
}
