using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using FraudStreams.Messaging;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Storage;
using FraudStreams.Topics;

namespace FraudStreams.Labels;

/// <summary>The result of importing a file of labels.</summary>
/// <param name="Imported">Labels that were published.</param>
/// <param name="AlreadyThere">Labels that the store, the topic or the file itself has already: the same payment, value, time and source.</param>
/// <param name="WithoutPayment">How many ids no stored payment has; null if the store was not asked.</param>
/// <param name="IdsWithoutPayment">The first few of them, masked where ids are secret.</param>
/// <param name="Refused">Rows that are no labels.</param>
public sealed record LabelImportResult(long Imported, long AlreadyThere, long? WithoutPayment, ImmutableArray<string> IdsWithoutPayment, long Refused);

/// <summary>
/// Publishes a file of labels to `labels`, keyed by the payments' ids. Rows that are no labels are reported with their line and skipped. A label that the
/// store has, or that waits in the topic for the group that stores labels, is not published again: importing a file twice, after an interruption too, adds
/// nothing.
/// </summary>
public sealed class LabelImport
{
    const int BatchRecords = 1000;
    const int MaxIdsShown = 5;

    /// <summary>Clocks and time zones differ.</summary>
    static readonly TimeSpan MostAhead = TimeSpan.FromDays(1);

    readonly IMessageLog _topics;
    readonly PredictionStore? _store;
    readonly Func<Task> _onFirst;

    /// <summary>Hashes of the labels of the topic that are not in the store yet, and of those of the file so far.</summary>
    readonly HashSet<UInt128> _known = [];

    readonly HashSet<UInt128> _withoutPayment = [];
    readonly ArrayBufferWriter<byte> _record = new(256);

    LabelImport(IMessageLog topics, PredictionStore? store, Func<Task> onFirst) => (_topics, _store, _onFirst) = (topics, store, onFirst);

    /// <param name="file">The file, from its first byte.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="format">How it is written.</param>
    /// <param name="topics">The log to publish to.</param>
    /// <param name="store">Tells which payments and labels there are; null if it cannot be asked.</param>
    /// <param name="onFirst">Called once, before anything is published; not where nothing is.</param>
    /// <param name="onRefused">Called with a message for each row that is no label: file, line, column and what would be right.</param>
    /// <param name="progress">Called with the share of the file that is published, 0 to 1.</param>
    /// <param name="time">The clock that no label may be far ahead of.</param>
    /// <param name="cancellationToken">Stops the import between two batches.</param>
    /// <exception cref="SchemaException">The first line lacks a column.</exception>
    public static async Task<LabelImportResult> RunAsync(
        Stream file, string name, CsvFormat format, IMessageLog topics, PredictionStore? store, Func<Task> onFirst, Action<string> onRefused, Action<double> progress, TimeProvider time,
        CancellationToken cancellationToken)
    {
        using var rows = new LabelCsvReader(file, name, format);
        var latest = (time.GetUtcNow() + MostAhead).ToUnixTimeMilliseconds();
        var import = new LabelImport(topics, store, onFirst);
        await import.ReadPendingAsync(cancellationToken);
        var result = new LabelImportResult(0, 0, store is null ? null : 0, [], 0);
        var labels = new List<Label>(BatchRecords);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            labels.Clear();
            while (labels.Count < BatchRecords && rows.TryRead(out var label, out var reason))
            {
                if (label is not null && label.ConfirmedAt <= latest)
                {
                    labels.Add(label);
                    continue;
                }

                // The latest label of a payment is in force: one of the future could never be corrected.
                onRefused($"{name}, line {rows.Line}: {reason?.Message ?? "confirmed_at: is later than tomorrow, and a label cannot be known before"}");
                result = result with { Refused = result.Refused + 1 };
            }

            if (labels.Count == 0)
                return result;
            result = await import.PublishAsync(labels, result, cancellationToken);
            progress(rows.Offset / (double)file.Length);
        }
    }

    /// <summary>
    /// Reads the labels that the group has not stored yet; without a store, all that the topic retains. The group commits after storing, so that a label
    /// which it stores meanwhile is found in either place.
    /// </summary>
    async Task ReadPendingAsync(CancellationToken cancellationToken)
    {
        var partition = new TopicPartition(TopicNames.Labels, 0);
        var from = _store is null ? 0 : await _topics.PositionAsync(ConsumerGroups.Label, partition, cancellationToken);
        await foreach (var records in _topics.ReadAsync(partition, from, long.MaxValue, cancellationToken))
        {
            foreach (var record in records)
            {
                if (LabelReader.TryRead(record.Value.Span, out var label, out _))
                    _known.Add(HashOf(label));
            }
        }
    }

    async Task<LabelImportResult> PublishAsync(List<Label> labels, LabelImportResult result, CancellationToken cancellationToken)
    {
        var stored = _store is null ? null : await _store.FindAsync(labels, cancellationToken);
        var batch = new RecordBatch(labels.Count);
        for (var i = 0; i < labels.Count; i++)
        {
            if (stored is not null && !stored[i].HasPayment && _withoutPayment.Add(HashOf(labels[i].Id)))
            {
                result = result with
                {
                    WithoutPayment = _withoutPayment.Count,
                    IdsWithoutPayment = result.IdsWithoutPayment.Length < MaxIdsShown ? result.IdsWithoutPayment.Add(Shown(labels[i].Id)) : result.IdsWithoutPayment,
                };
            }

            if (_known.Add(HashOf(labels[i])) && stored?[i].HasLabel != true)
                batch.Add(TopicNames.Labels, Encoding.UTF8.GetBytes(labels[i].Id), labels[i], static (into, label) => label.Write(into));
        }

        var count = batch.Count;
        if (count == 0)
        {
            batch.Dispose();
            return result with { AlreadyThere = result.AlreadyThere + labels.Count };
        }

        if (result.Imported == 0)
            await _onFirst();
        await _topics.PublishAsync(batch, cancellationToken);
        return result with { Imported = result.Imported + count, AlreadyThere = result.AlreadyThere + labels.Count - count };
    }

    string Shown(string id) => SecretText.Shown(_store!.Schema, _store.Schema.IdField, id, []);

    UInt128 HashOf(Label label)
    {
        _record.ResetWrittenCount();
        label.Write(_record);
        return HashOf(_record.WrittenSpan);
    }

    static UInt128 HashOf(string id) => HashOf(Encoding.UTF8.GetBytes(id));

    static UInt128 HashOf(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(bytes));
}
