using System.Collections.Immutable;
using System.Text;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Sqlite;
using FraudStreams.Storage;

namespace FraudStreams.ChaosTests;

/// <summary>Topics, store and journal in the data folder.</summary>
sealed class EmbeddedStage(ChaosInput input, int? diskMegabytes) : Stage(input, diskMegabytes)
{
    readonly StoredTimes _times = new();

    public override bool PublishesOnce => true;

    protected override FraudSettings Registry => Tests.Configuration.SettingsOf.Set();

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
        catch (Exception e) when (e is StoreException or MessageLogException or SqliteFileException)
        {
            // A file is being created, or its disk is full.
            return null;
        }
    }

    public override Ledger Read() =>
        Ledger.Of(topic => EmbeddedLog.ReadRecords(Folder.Data, topic), StoreFile.Rows(Folder.StoreFile, _times), Mail.Received());

    public override async Task FillAsync(string topic, int partitions, IEnumerable<(string Key, byte[] Value)> records)
    {
        await using var log = EmbeddedLog.Open(new EmbeddedLogSettings(Folder.Data, ImmutableSortedDictionary<string, int>.Empty.Add(topic, partitions)), TimeProvider.System);
        var batch = new RecordBatch();
        foreach (var (key, value) in records)
            batch.Add(topic, Encoding.UTF8.GetBytes(key), value);
        await log.PublishAsync(batch);
    }

    public override long StoredWhere(string condition) => StoreFile.Count(Folder.StoreFile, condition);
}
