using System.Collections.Immutable;
using System.Text;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Kafka;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Schemas;
using FraudStreams.Storage;
using FraudStreams.Topics;
using FraudStreams.WindowStates;

namespace FraudStreams.Privacy;

/// <summary>What was erased of a card, and what cannot be reached.</summary>
/// <param name="Payments">Removed from the store.</param>
/// <param name="Labels">Removed from the store.</param>
/// <param name="Records">Emptied in embedded topics.</param>
/// <param name="Snapshots">Written anew without the card, or removed as no schema of today reads them.</param>
/// <param name="Journal">Events and snapshots of the journal of alerts, written without the card.</param>
/// <param name="NotReached">In words.</param>
/// <param name="Unfinished">What another run of the same command would finish, and what to do before it.</param>
sealed record ErasedCard(int Payments, long Labels, long Records, int Snapshots, int Journal, ImmutableArray<string> NotReached, ImmutableArray<string> Unfinished)
{
    internal bool IsNothing => Payments + Labels + Records + Snapshots + Journal == 0;
}

/// <summary>
/// Erases a card from embedded topics, snapshots of windows (on Kafka those in topic `memory`), the journal of alerts and store, while no process runs on them: one that runs would write it anew. The store comes last,
/// as it tells which payments are the card's: a run that fails on the way is finished by the next.
/// </summary>
static class CardEraser
{
    static readonly string[] s_topics =
    [
        TopicNames.Transactions, TopicNames.Predictions, TopicNames.Rejected, TopicNames.Shadow, TopicNames.Labels, TopicNames.Cases, TopicNames.Alerts, TopicNames.Undelivered,
    ];

    /// <param name="card">Its number, however it is grouped, or a token.</param>
    /// <exception cref="FormatException">A token from after a rotation: what is kept under the tokens before it would be missed.</exception>
    public static ImmutableArray<string> NamesOf(string card, CardTokens? tokens) => tokens?.OldestKeyBefore(card) is { } oldest
        ? throw new FormatException($"it is a token from after a rotation, which does not tell those that the card had before it; it must be the card's number, or its first token, which begins with {CardTokens.Begin}{oldest}_")
        : CardTokens.IsToken(Encoding.UTF8.GetBytes(card)) ? tokens?.Of(card) ?? [card] : [.. ((IEnumerable<string>)[card, CardTokens.CanonicalOf(card), .. tokens?.Of(card) ?? []]).Distinct()];

    /// <summary>
    /// Why a card would come back: groups that have not read all records, and whose pipelines would bring the card from them to the store. Records that were emptied bring nothing; on Kafka none are,
    /// embedded all but those of a topic of others, and, where a token was given, those in which others wrote the number. Null where nothing would.
    /// </summary>
    public static string? WhyBack(MessageLogStatus status, TopicSettings topics, string card)
    {
        string[] groups = topics.Kafka is not null ? [ConsumerGroups.Rekey, ConsumerGroups.Score, ConsumerGroups.Store]
            : CardTokens.IsToken(Encoding.UTF8.GetBytes(card)) ? [ConsumerGroups.Rekey, ConsumerGroups.Score] : [ConsumerGroups.Rekey];
        var behind = groups.Select(group => status.Of(group, ConsumerGroups.TopicOf(group)!)).Where(lag => lag.Lag > 0)
            .Select(lag => $"group {topics.Kafka?.Prefix}{lag.Group} has a lag of {lag.Lag:N0} records in topic {topics.Kafka?.Prefix}{topics.NameOf(lag.Topic)}").ToList();
        return behind.Count == 0 ? null : $"{string.Join(" and ", behind)}: the card's would come back to the store from there. Let `fraudstreams run --until-drained`, without role simulate, read them first";
    }

    /// <param name="names">Under which the card is kept (<see cref="NamesOf"/>).</param>
    /// <exception cref="StoreException">The store cannot be used; its payments are all there.</exception>
    /// <exception cref="IOException">Topics, snapshots or journal cannot be written; the store's payments are all there. So does <see cref="MessageLogException"/> of topics on Kafka.</exception>
    public static async Task<ErasedCard> EraseAsync(
        StoreSettings store, AlertJournalSettings journal, TopicSettings topics, string dataDirectory, TransactionSchema schema, IReadOnlyCollection<string> names,
        CancellationToken cancellationToken)
    {
        var left = new List<string>
        {
            "the last four digits in mails and webhooks that were sent, and in the journal of alerts, which keeps them for alerts.journal.keep; alerts that are pending are still sent, with these",
            "files that were exported, backups, and what other programs read from the topics",
            "models that have learnt from the payments: they hold no card, and what they learnt stays",
        };
        if (topics.SourcePartitions is not null)
            left.Add($"topic {topics.NameOf(TopicNames.Source)}, which is not this program's");
        if (store.Postgres is not null || journal.Postgres is not null)
            left.Add("what PostgreSQL keeps of rows that were deleted or written without the card: in its tables until VACUUM (autovacuum comes to it by itself, VACUUM FULL removes the bytes at once), in its write-ahead log and its archive until they are recycled");
        var ids = await StoreErasure.FindAsync(store, dataDirectory, schema, names, cancellationToken);
        var records = new ErasedRecords(0, null);
        if (topics.Kafka is { } kafka)
        {
            string[] leaving = [TopicNames.Transactions, TopicNames.Predictions, TopicNames.Shadow, TopicNames.Alerts, TopicNames.Undelivered];
            left.Add($"topics at {kafka.BootstrapServers}: Kafka removes no single record. They leave with the retention of {string.Join(", ", leaving.Select(topic => kafka.Prefix + topics.NameOf(topic)))} "
                + $"and {kafka.Prefix}{topics.NameOf(TopicNames.Rejected)}; {kafka.Prefix}{topics.NameOf(TopicNames.Cases)} keeps what people did with the card's cases");
            left.Add($"the snapshots that were replaced in {kafka.Prefix}{topics.NameOf(TopicNames.Memory)}, until the brokers compact it: some minutes after new ones were written");
        }
        else
        {
            var traces = new CardTraces(names, ids, topics.NameOf(TopicNames.Labels));
            records = LogErasure.Erase(
                dataDirectory, [.. s_topics.Select(topics.NameOf)],
                (name, key, value) => traces.IsAbout(s_topics.First(topic => topics.NameOf(topic) == name), key, value));
        }

        var snapshots = EraseSnapshots(dataDirectory, schema, names, left);
        if (topics.Kafka is not null && !schema.WindowFeatures.IsEmpty)
            snapshots += await EraseSnapshotsAsync(topics, dataDirectory, schema, names, left, cancellationToken);
        var events = await new AlertJournalErasure(names).EraseAsync(journal, dataDirectory, cancellationToken);
        var erased = await StoreErasure.EraseAsync(store, dataDirectory, schema, names, cancellationToken);
        return new ErasedCard(
            erased.Ids.Length, erased.Labels, records.Records, snapshots, events.Rows, [.. left], [.. ((string?[])[records.NotAnew, events.NotAnew, erased.NotAnew]).OfType<string>()]);
    }

    /// <param name="left">Gets those that may hold the card and were left.</param>
    static int EraseSnapshots(string dataDirectory, TransactionSchema schema, IReadOnlyCollection<string> names, List<string> left)
    {
        var folder = Path.Combine(dataDirectory, "memory");
        if (!Directory.Exists(folder))
            return 0;

        // What a process that was killed had begun to write.
        foreach (var draft in Directory.GetFiles(folder, "*.draft"))
            File.Delete(draft);
        var (count, keys) = (0, names.Select(Encoding.UTF8.GetBytes).ToArray());
        foreach (var path in Directory.GetFiles(folder, "*.windows"))
        {
            var content = File.ReadAllBytes(path);
            var found = keys.Where(key => content.AsSpan().IndexOf(key) >= 0).ToList();
            if (found.Count == 0)
                continue;
            if (Read(content, schema) is var (state, position))
            {
                if (!Write($"{path}.draft", state, position, keys))
                    continue;
                File.Move($"{path}.draft", path, overwrite: true);
                count++;
            }
            else if (found.Exists(key => key.Length >= CardTraces.LeastText))
            {
                // No start would use it: its windows are rebuilt from the topic anyway.
                File.Delete(path);
                count++;
            }
            else
            {
                left.Add($"{path}, which schema {schema.Name} cannot read and no start with it uses: remove it, if it is of these payments");
            }
        }

        foreach (var draft in Directory.GetFiles(folder, "*.draft"))
            File.Delete(draft);
        return count;
    }

    /// <summary>
    /// Those in topic `memory`: the newest of each partition is written anew, and what is there of older ones removed, pieces that nothing overwrites included. So is what is there under
    /// names that `transactions` had before, which no start reads.
    /// </summary>
    /// <param name="left">Gets those that may hold the card and were left.</param>
    static async Task<int> EraseSnapshotsAsync(
        TopicSettings topics, string dataDirectory, TransactionSchema schema, IReadOnlyCollection<string> names, List<string> left, CancellationToken cancellationToken)
    {
        var (count, keys) = (0, names.Select(Encoding.UTF8.GetBytes).ToArray());
        using var snapshots = new KafkaCheckpointStore(topics.Kafka!, topics.Partitions, new FileCheckpointStore(dataDirectory), topics.NameOf(TopicNames.Memory));
        for (var number = 0; number < topics.Partitions; number++)
        {
            var partition = new TopicPartition(topics.NameOf(TopicNames.Transactions), number);
            await using var newest = await snapshots.OpenAsync(partition, cancellationToken);
            using var content = new MemoryStream();
            if (newest is not null)
                await newest.CopyToAsync(content, cancellationToken);
            var (draft, keepsNewest) = (snapshots.Draft(partition), true);
            if (newest is not null && Read(content.ToArray(), schema) is var (state, position))
            {
                if (Write(draft, state, position, keys))
                {
                    await snapshots.KeepAsync(partition, cancellationToken);
                    count++;
                }

                File.Delete(draft);
            }
            else if (newest is not null)
            {
                keepsNewest = !names.Any(name => name.Length >= CardTraces.LeastText && content.GetBuffer().AsSpan(0, (int)content.Length).IndexOf(Encoding.UTF8.GetBytes(name)) >= 0);
                if (keepsNewest)
                    left.Add($"the snapshot of {partition} in topic {topics.NameOf(TopicNames.Memory)}, which schema {schema.Name} cannot read and no start with it uses");
                else
                    count++;
            }

            await snapshots.RemoveAsync(partition, keepsNewest, besides: PartitionWindowState.OthersOf(partition.Topic), cancellationToken);
        }

        return count;
    }

    /// <summary>Writes a snapshot without a card, for this user alone; false where it has none of it.</summary>
    static bool Write(string path, WindowState state, byte[] position, byte[][] without)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(path, options);
        if (state.Write(file, position, without) == 0)
            return false;
        file.Flush(flushToDisk: true);
        return true;
    }

    static (WindowState State, byte[] Position)? Read(byte[] content, TransactionSchema schema)
    {
        foreach (var scope in Enum.GetValues<WindowScope>())
        {
            try
            {
                return (WindowState.Read(new MemoryStream(content), schema, out var position, scope), position);
            }
            catch (WindowSnapshotException)
            {
                // Of another scope; or of none that is known here, and then nothing of it is used at the next start either.
            }
        }

        return null;
    }
}
