using System.Collections.Immutable;
using System.Text;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Schemas;
using FraudStreams.Storage;
using FraudStreams.Topics;

namespace FraudStreams.Privacy;

/// <summary>What was erased of a card, and what cannot be reached.</summary>
/// <param name="Payments">Removed from the store.</param>
/// <param name="Labels">Removed from the store.</param>
/// <param name="Records">Emptied in embedded topics.</param>
/// <param name="Snapshots">Written anew without the card, or removed as no schema of today reads them.</param>
/// <param name="NotReached">In words.</param>
/// <param name="Unfinished">What another run of the same command would finish, and what to do before it.</param>
sealed record ErasedCard(int Payments, long Labels, long Records, int Snapshots, ImmutableArray<string> NotReached, ImmutableArray<string> Unfinished);

/// <summary>
/// Erases a card from embedded topics, snapshots of windows and store, while no process runs on them: one that runs would write it anew. The store comes last,
/// as it tells which payments are the card's: a run that fails on the way is finished by the next.
/// </summary>
static class CardEraser
{
    static readonly string[] s_topics =
        [TopicNames.Transactions, TopicNames.Predictions, TopicNames.Rejected, TopicNames.Shadow, TopicNames.Labels, TopicNames.Cases];

    /// <param name="card">Its number, however it is grouped, or a token.</param>
    public static ImmutableArray<string> NamesOf(string card, CardTokens? tokens) =>
        CardTokens.IsToken(Encoding.UTF8.GetBytes(card)) ? [card] : [.. ((IEnumerable<string>)[card, CardTokens.CanonicalOf(card), .. tokens?.Of(card) ?? []]).Distinct()];

    /// <param name="names">Under which the card is kept (<see cref="NamesOf"/>).</param>
    /// <exception cref="StoreException">The store cannot be used; its payments are all there.</exception>
    /// <exception cref="IOException">Topics or snapshots cannot be written; the store's payments are all there.</exception>
    public static async Task<ErasedCard> EraseAsync(
        StoreSettings store, TopicSettings topics, string dataDirectory, TransactionSchema schema, IReadOnlyCollection<string> names, CancellationToken cancellationToken)
    {
        var left = new List<string>
        {
            "the last four digits in alerts, their journal and mails that were sent; the journal keeps them for alerts.journal.keep",
            "files that were exported, backups, and what other programs read from the topics",
            "models that have learnt from the payments: they hold no card, and what they learnt stays",
        };
        if (topics.SourcePartitions is not null)
            left.Add($"topic {topics.NameOf(TopicNames.Source)}, which is not this program's");
        var ids = await StoreErasure.FindAsync(store, dataDirectory, schema, names, cancellationToken);
        var records = new ErasedRecords(0, null);
        if (topics.Kafka is { } kafka)
        {
            left.Add($"topics at {kafka.BootstrapServers}: Kafka removes no single record. They leave with the retention of {kafka.Prefix}{topics.NameOf(TopicNames.Transactions)}, {kafka.Prefix}{topics.NameOf(TopicNames.Predictions)}, "
                + $"{kafka.Prefix}{topics.NameOf(TopicNames.Shadow)} and {kafka.Prefix}{topics.NameOf(TopicNames.Rejected)}; {kafka.Prefix}{topics.NameOf(TopicNames.Cases)} and snapshots in {kafka.Prefix}{topics.NameOf(TopicNames.Memory)} keep the card until they are replaced");
        }
        else
        {
            var traces = new CardTraces(names, ids, topics.NameOf(TopicNames.Labels));
            records = LogErasure.Erase(
                dataDirectory, [.. s_topics.Select(topics.NameOf)],
                (name, key, value) => traces.IsAbout(s_topics.First(topic => topics.NameOf(topic) == name), key, value));
        }

        var snapshots = EraseSnapshots(dataDirectory, schema, names, left);
        var erased = await StoreErasure.EraseAsync(store, dataDirectory, schema, names, cancellationToken);
        return new ErasedCard(
            erased.Ids.Length, erased.Labels, records.Records, snapshots, [.. left], [.. ((string?[])[records.NotAnew, erased.NotAnew]).OfType<string>()]);
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
                using (var file = File.Create($"{path}.draft"))
                {
                    if (state.Write(file, position, keys) == 0)
                        continue;
                    file.Flush(flushToDisk: true);
                }

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
