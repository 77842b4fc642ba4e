using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Topics;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Scoring;

/// <summary>
/// Notices a card whose payments come from two partitions of `transactions`: the topic's key is then not the card, and windows by the card see a part of its
/// payments only. The payments of this process are all looked at as they are scored; of partitions that other hosts score, the last ones before the group's
/// offset from time to time. Thread-safe.
/// </summary>
sealed class CardPartitions(IMessageLog topics, TransactionSchema schema, TopicSettings settings, StreamMetrics metrics, PipelineHealth health, ILogger log, TimeProvider time) : IAsyncDisposable
{
    const int Slots = 1 << 16;

    /// <summary>Of a partition of another host, at one look.</summary>
    const int OthersRecords = 500;

    static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(30);

    readonly KeyPlaces _places = new(Slots);
    readonly Lock _gate = new();
    readonly HashSet<int> _own = [];
    readonly CancellationTokenSource _closed = new();
    readonly ErrorThrottle _errors = new(log, "The key of the payments", time);
    Task _looking = Task.CompletedTask;

    /// <summary>Null where no card can be in two partitions.</summary>
    public static CardPartitions? Open(
        IMessageLog topics, TransactionSchema schema, TopicSettings settings, StreamMetrics metrics, PipelineHealth health, ILogger log, TimeProvider time)
    {
        if (schema.CardField < 0 || settings.Partitions == 1)
            return null;
        var cards = new CardPartitions(topics, schema, settings, metrics, health, log, time);
        if (settings.Kafka is not null)
            cards._looking = cards.LookAtOthersAsync(s_lookEvery);
        return cards;
    }

    /// <summary>Looks at the batches of a partition as they pass.</summary>
    public static Flow<TransactionBatch, TransactionBatch, NotUsed> Flow(CardPartitions? cards, TopicPartition partition)
    {
        var flow = Akka.Streams.Dsl.Flow.Create<TransactionBatch>();
        if (cards is null)
            return flow;
        lock (cards._gate)
            cards._own.Add(partition.Partition);
        return flow.Select(batch => cards.Take(batch)).WatchTermination((none, ended) =>
        {
            _ = ended.ContinueWith(_ => cards.Leave(partition.Partition), TaskScheduler.Default);
            return none;
        });
    }

    /// <summary>Looks at the last payments of the partitions that this process does not score.</summary>
    public async Task LookAtOthersAsync(CancellationToken cancellationToken)
    {
        var reader = new TransactionReader(schema, settings.MaxRecordBytes);
        using var rows = new TransactionRows(schema, OthersRecords);
        for (var number = 0; number < settings.Partitions; number++)
        {
            lock (_gate)
            {
                if (_own.Contains(number))
                    continue;
            }

            var partition = new TopicPartition(TopicNames.Transactions, number);
            var end = await topics.PositionAsync(ConsumerGroups.Score, partition, cancellationToken);
            await foreach (var records in topics.ReadAsync(partition, Math.Max(0, end - OthersRecords), end, cancellationToken))
            {
                rows.Clear();
                Take(rows, [.. records.Where(record => reader.Read(record, rows) is null)]);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        await _looking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _closed.Dispose();
    }

    TransactionBatch Take(TransactionBatch batch)
    {
        Take(batch.Rows, batch.Records);
        return batch;
    }

    /// <param name="records">Of each row.</param>
    void Take(TransactionRows rows, IReadOnlyList<TopicRecord> records)
    {
        var (found, last) = (0, default((RecordPlace Before, RecordPlace Now)));
        lock (_gate)
        {
            for (var row = 0; row < rows.Count; row++)
            {
                var place = new RecordPlace(records[row].Partition.Partition, records[row].Offset);
                if (_places.Take(rows.Key(row), place) is not { } before)
                    continue;
                found++;
                last = (before, place);
            }
        }

        if (found > 0)
            Notice(found, last.Before, last.Now);
    }

    void Notice(int found, RecordPlace before, RecordPlace now)
    {
        var topic = topics.NameOf(TopicNames.Transactions);
        var reason = $"payments of one card are in {topic}/{before.Partition} (offset {before.Offset}) and in {topic}/{now.Partition} (offset {now.Offset}): windows by the card see only a part of "
            + "them. Key the topic by the card, by one way to hash, or set topics.rekey = on";
        metrics.CardsInTwoPartitions(found);
        health.Notice("keys", reason);
        _errors.Warn(reason);
    }

    void Leave(int partition)
    {
        lock (_gate)
            _own.Remove(partition);
    }

    async Task LookAtOthersAsync(TimeSpan every)
    {
        using var tick = new PeriodicTimer(every, time);
        while (await tick.WaitForNextTickAsync(_closed.Token))
        {
            try
            {
                await LookAtOthersAsync(_closed.Token);
            }
            catch (Exception e) when (e is not OutOfMemoryException && !_closed.IsCancellationRequested)
            {
                log.LogDebug("The partitions of other hosts cannot be looked at now: {Reason}", e.Message);
            }
        }
    }
}
