using FraudStreams.Model.Schemas;
using FraudStreams.Sqlite;

namespace FraudStreams.Storage.Sqlite;

/// <summary>What the candidate loop asks of the store in a SQLite file.</summary>
sealed class SqliteCandidates(StoreTables tables, TransactionSchema schema)
{
    readonly CandidateSql _sql = new(tables, schema);

    public ShadowedPayments ReadShadowed(SqliteFile file, string champion, string challenger, long scoredFrom, CancellationToken cancellationToken)
    {
        using var rows = file.Query(_sql.Shadowed);
        return Read(rows.Bind(1, challenger).Bind(2, champion).Bind(3, scoredFrom), cancellationToken);
    }

    public ShadowedPayments ReadDecided(SqliteFile file, string version, long after, long to, CancellationToken cancellationToken)
    {
        using var rows = file.Query(_sql.Decided);
        return Read(rows.Bind(1, version).Bind(2, after).Bind(3, to), cancellationToken);
    }

    public long CountLabelled(SqliteFile file, long after, long to)
    {
        using var count = file.Query(_sql.CountLabelled);
        return count.Bind(1, after).Bind(2, to).LongOr(0);
    }

    public long? LatestEventTime(SqliteFile file, long to)
    {
        using var latest = file.Query(_sql.LatestEventTime).Bind(1, to);
        return latest.Step() && !latest.IsNull(0) ? latest.Long(0) : null;
    }

    public bool TryLease(SqliteFile file, string name, string holder, long now, long until)
    {
        using var take = file.Query(_sql.TakeLease);
        take.Bind(1, name).Bind(2, holder).Bind(3, until).Bind(4, now).Run();
        return file.Changes > 0;
    }

    public bool ReleaseLease(SqliteFile file, string name, string holder)
    {
        using var release = file.Query(_sql.ReleaseLease);
        release.Bind(1, name).Bind(2, holder).Run();
        return file.Changes > 0;
    }

    static ShadowedPayments Read(SqliteStatement rows, CancellationToken cancellationToken)
    {
        var reading = new ShadowedReading();
        while (rows.Step())
        {
            cancellationToken.ThrowIfCancellationRequested();
            reading.Add(
                rows.IsNull(0) ? "" : rows.Text(0), rows.Long(1), rows.Double(2), rows.Long(3) == 1, rows.Double(4), rows.Long(5) == 1, rows.IsNull(6) ? null : rows.Double(6),
                rows.IsNull(7) ? null : rows.Long(7), rows.Long(8) == 1);
        }

        return reading.Build();
    }
}
