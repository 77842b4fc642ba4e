using System.Text;
using FraudStreams.Sqlite;

namespace FraudStreams.ChaosTests;

/// <summary>Reads the store of a data folder.</summary>
static class StoreFile
{
    /// <param name="times">When rows were stored, where that was observed.</param>
    public static List<StoredRow> Rows(string path, StoredTimes? times = null)
    {
        using var file = Open(path);
        using var rows = file.Query("SELECT trans_num, score, prediction FROM transactions ORDER BY rowid");
        var stored = new List<StoredRow>();
        while (rows.Step())
            stored.Add(new StoredRow(Encoding.UTF8.GetString(rows.Bytes(0)), rows.Double(1), rows.Long(2) == 1, times?.Of(stored.Count + 1) ?? 0));
        return stored;
    }

    /// <summary>The number of payments of which an SQL condition holds.</summary>
    public static long Count(string path, string where)
    {
        using var file = Open(path);
        return file.QueryLong($"SELECT count(*) FROM transactions WHERE {where}");
    }

    static SqliteFile Open(string path) => SqliteFile.Open(path, SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
}
