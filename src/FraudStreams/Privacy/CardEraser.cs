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
/// <param name="Snapshots">Written anew without the card.</param>
/// <param name="NotReached">In words.</param>
sealed record ErasedCard(int Payments, long Labels, long Records, int Snapshots, ImmutableArray<string> NotReached);

/// <summary>Erases a card from store, embedded topics and snapshots of windows, while no process runs on them: one that runs would write it anew.</summary>
static class CardEraser
{
    /// <summary>A shorter text would be found in others.</summary>
    const int LeastText = 8;

    static readonly string[] s_topics =
        [TopicNames.Transactions, TopicNames.Predictions, TopicNames.Rejected, TopicNames.Shadow, TopicNames.Labels, TopicNames.Cases];

    /// <param name="card">Its number, or a token.</param>
    public static ImmutableArray<string> NamesOf(string card, CardTokens? tokens) =>
        CardTokens.IsToken(Encoding.UTF8.GetBytes(card)) || tokens is null ? [card] : [card, .. tokens.Of(card)];

    /// <param name="names">Under which the card is kept (<see cref="NamesOf"/>).</param>
    /// <exception cref="StoreException">The store cannot be written; nothing was erased.</exception>
    public static async Task<ErasedCard> EraseAsync(
        StoreSettings store, TopicSettings topics, string dataDirectory, TransactionSchema schema, IReadOnlyCollection<string> names, CancellationToken cancellationToken)
    {
        var erased = await StoreErasure.EraseAsync(store, dataDirectory, schema, names, cancellationToken);
        var left = new List<string>
        {
            "the last four digits in alerts, their journal and mails that were sent; the journal keeps them for alerts.journal.keep",
            "files that were exported, backups, and what other programs read from the topics",
            "models that have learnt from the payments: they hold no card, and what they learnt stays",
        };
        var records = 0L;
        if (topics.Kafka is { } kafka)
        {
            left.Add($"topics at {kafka.BootstrapServers}: Kafka removes no single record. They leave with the retention of {kafka.Prefix}{TopicNames.Transactions}, {kafka.Prefix}{TopicNames.Predictions}, "
                + $"{kafka.Prefix}{TopicNames.Shadow} and {kafka.Prefix}{TopicNames.Rejected}; {kafka.Prefix}{TopicNames.Cases} and snapshots in {kafka.Prefix}memory keep the card until they are replaced");
        }
        else
        {
            // A label's key is the payment's id.
            records = LogErasure.Erase(dataDirectory, s_topics, [.. names, .. erased.Ids], [.. names.Where(name => name.Length >= LeastText)]);
        }

        return new ErasedCard(erased.Ids.Length, erased.Labels, records, EraseSnapshots(dataDirectory, schema, names), [.. left]);
    }

    static int EraseSnapshots(string dataDirectory, TransactionSchema schema, IReadOnlyCollection<string> names)
    {
        var folder = Path.Combine(dataDirectory, "memory");
        var (count, keys) = (0, names.Select(Encoding.UTF8.GetBytes).ToArray());
        foreach (var path in Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.windows").ToList() : [])
        {
            var content = File.ReadAllBytes(path);
            if (!keys.Any(key => content.AsSpan().IndexOf(key) >= 0) || Read(content, schema) is not var (state, position))
                continue;
            using (var file = File.Create($"{path}.draft"))
                state.Write(file, position, keys);
            File.Move($"{path}.draft", path, overwrite: true);
            count++;
        }

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
