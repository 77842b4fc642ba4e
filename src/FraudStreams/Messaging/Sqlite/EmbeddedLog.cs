using System.Collections.Immutable;
using FraudStreams.Sqlite;
using FraudStreams.Topics;

namespace FraudStreams.Messaging.Sqlite;

/// <summary>
/// Topics in one SQLite file: an append is one transaction together with the position it stands for, and durable when it returns. Several processes
/// may have the same file open; each has one writer, and SQLite's locks order them.
/// </summary>
public sealed class EmbeddedLog : IAsyncDisposable
{
    /// <summary>SQLite's own limit, with room for the key and the other columns.</summary>
    const int LongestValue = 900_000_000;

    readonly EmbeddedLogSettings _settings;
    readonly ImmutableSortedDictionary<string, int> _topics;
    readonly AppendNotifier _signals;
    readonly LogWriter _writer;

    EmbeddedLog(EmbeddedLogSettings settings, LogAppender appender, TimeProvider time)
    {
        _settings = settings;
        _topics = LogFile.Topics(appender.File);
        _signals = new AppendNotifier(settings, _topics.SelectMany(topic => PartitionsOf(topic.Key)), time);
        _writer = new LogWriter(settings, appender, _signals, time);
    }

    /// <summary>Opens the log, making the folder, the file and the topics it lacks.</summary>
    /// <exception cref="MessageLogException">The file cannot be used, is of a newer release, or holds a topic with another number of partitions.</exception>
    public static EmbeddedLog Open(EmbeddedLogSettings settings, TimeProvider time)
    {
        try
        {
            return new EmbeddedLog(settings, new LogAppender(settings), time);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MessageLogException($"The topics cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>What a data folder's log holds, also while another process writes it; null where there is none, and then none is made.</summary>
    public static MessageLogStatus? ReadStatus(string folder)
    {
        var file = new EmbeddedLogSettings(folder, ImmutableSortedDictionary<string, int>.Empty).File;
        try
        {
            return LogStatus.Read(file, TimeSpan.FromSeconds(5));
        }
        catch (SqliteFileException e)
        {
            throw new MessageLogException($"The status of the topics cannot be read: {e.Message}", e);
        }
    }

    /// <summary>What a data folder's log still holds of a topic, one partition after the other; nothing where there is none.</summary>
    public static IEnumerable<TopicRecord> ReadRecords(string folder, string topic)
    {
        var settings = new EmbeddedLogSettings(folder, ImmutableSortedDictionary<string, int>.Empty);
        var partitions = ReadStatus(folder)?.Topics.FirstOrDefault(found => found.Topic == topic)?.Partitions ?? 0;
        for (var number = 0; number < partitions; number++)
        {
            using var scan = new LogScan(settings, new TopicPartition(topic, number));
            for (var records = scan.Read(0); records.Length > 0; records = scan.Read(records[^1].Offset + 1))
            {
                foreach (var record in records)
                    yield return record;
            }
        }
    }

    public MessageLogStatus Status() => ReadStatus(_settings.Folder) ?? new MessageLogStatus([], []);

    /// <summary>
    /// Appends the records and moves the position they stand for, all or nothing, durable when it returns. A position moves forward only: without records
    /// a position behind the committed one changes nothing; records that stand for a stretch already committed are refused, as they would be there twice.
    /// Disposes the batch, whatever comes. A batch that the writer has taken is finished: cancelling counts only before.
    /// </summary>
    /// <returns>How many were appended: all of the batch.</returns>
    public Task<int> PublishAsync(RecordBatch records, CancellationToken ct = default)
    {
        if (ct.IsCancellationRequested)
        {
            records.Dispose();
            return Task.FromCanceled<int>(ct);
        }

        if (RefusalOf(records) is { } refusal)
        {
            records.Dispose();
            return Task.FromException<int>(refusal);
        }

        return _writer.PublishAsync(records);
    }

    /// <summary>Where a group stands on a partition, or on anything else it keeps its place in; 0 where it never committed.</summary>
    public Task<long> PositionAsync(string group, TopicPartition partition) => _writer.PositionAsync(group, partition, register: false);

    /// <summary>As PositionAsync, and from now on nothing is removed that this group has not read.</summary>
    internal Task<long> RegisterAsync(string group, TopicPartition partition) => _writer.PositionAsync(group, partition, register: true);

    internal IEnumerable<TopicPartition> PartitionsOf(string topic) => _topics.TryGetValue(topic, out var partitions)
        ? Enumerable.Range(0, partitions).Select(number => new TopicPartition(topic, number))
        : throw UnknownTopic(topic);

    internal LogReader OpenReader(TopicPartition partition) => new(new LogScan(_settings, partition), partition, _signals);

    /// <summary>Finishes what was published and closes the file; readers still at work fail or were cancelled before.</summary>
    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        await _signals.DisposeAsync();
    }

    /// <summary>What is wrong with a batch is found before it shares a transaction with others.</summary>
    MessageLogException? RefusalOf(RecordBatch records)
    {
        for (var record = 0; record < records.Count; record++)
        {
            if (!_topics.ContainsKey(records.Topic(record))) return UnknownTopic(records.Topic(record));
            var length = records.Key(record).Length + records.Value(record).Length;
            if (length > LongestValue) return new MessageLogException($"A record of {length:N0} bytes is too long for a topic: at most {LongestValue:N0}.");
        }

        return null;
    }

    MessageLogException UnknownTopic(string topic) =>
        new($"{_settings.File} has no topic {topic}; it has {(_topics.IsEmpty ? "none" : string.Join(", ", _topics.Keys))}.");
}
