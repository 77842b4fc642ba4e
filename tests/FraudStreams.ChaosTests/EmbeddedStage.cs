using System.Text;
using FraudStreams.Sqlite;
using FraudStreams.Storage;
using FraudStreams.Topics;

namespace FraudStreams.ChaosTests;

/// <summary>Topics, store and journal in the data folder.</summary>
sealed class EmbeddedStage(ChaosInput input, int? diskMegabytes) : Stage(input, diskMegabytes)
{
    readonly StoredTimes _times = new();

    public override bool PublishesOnce => true;

    protected override IEnumerable<string> Settings => ["topics.partitions=1"];

    public override StageProgress? Progress()
    {
        try
        {
            if (EmbeddedLog.ReadStatus(Folder.Data) is not { } topics)
                return null;
            var store = PredictionStore.ReadCounts(Folder.Data);
            _times.Saw(store.Stored);
            return StageProgress.Of(topics, store);
        }
        catch (Exception e) when (e is StoreException or TopicsException or SqliteFileException)
        {
            // A file is being made, or its disk is full.
            return null;
        }
    }

    public override Ledger Read() => Ledger.Of(topic => EmbeddedLog.ReadRecords(Folder.Data, topic), StoredRows(), Mail.Told());

    public override long Confirmed()
    {
        using var file = SqliteFile.Open(Folder.StoreFile, SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        return file.QueryLong("SELECT count(true_value) FROM transactions");
    }

    List<StoredRow> StoredRows()
    {
        using var file = SqliteFile.Open(Folder.StoreFile, SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        using var rows = file.Query("SELECT trans_num, score, prediction FROM transactions ORDER BY rowid");
        var stored = new List<StoredRow>();
        while (rows.Step())
            stored.Add(new StoredRow(Encoding.UTF8.GetString(rows.Bytes(0)), rows.Double(1), rows.Long(2) == 1, _times.Of(stored.Count + 1)));
        return stored;
    }
}
