using System.Collections.Immutable;
using FraudStreams.Sqlite;

namespace FraudStreams.Messaging.Sqlite;

/// <summary>
/// Topics in one SQLite file. Records and the offset commit that belongs to them are one transaction, durable when the call returns. Several processes
/// may have the file open; each has one writer, and SQLite's locks serialise them.
/// </summary>
public sealed class EmbeddedLog : IAsyncDisposable
{
    /// <summary>SQLite's own limit, less room for the key and the other columns.</summary>
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

    /// <summary>Opens the log and creates the folder, the file and the topics that are missing.</summary>
    /// <exception cref="MessageLogException">The file cannot be used, is of a newer release, or holds a topic with a different partition count.</exception>
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

    /// <summary>The status of a data folder's log, also while another process writes it; null, and nothing is created, if there is no log.</summary>
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

    /// <summary>All records that a data folder's log retains of a topic, one partition after the other; none if there is no log.</summary>
    public static IEnumerable<TopicRecord> ReadRecords(string folder, string topic)
    {
        var settings = new EmbeddedLogSettings(folder, ImmutableSortedDictionary<string, int>.Empty);
        var partitions = ReadStatus(folder)?.Topics.FirstOrDefault(found => found.Topic == topic)?.Partitions ?? 0;
        for (var number = 0; number < partitions; number++)
        {
            using var reader = new LogReader(settings, new TopicPartition(topic, number), from: 0);
            while (reader.Read() is { Length: > 0 } records)
            {
                foreach (var record in records)
                    yield return record;
            }
        }
    }

    public MessageLogStatus Status() => ReadStatus(_settings.Folder) ?? new MessageLogStatus([], []);

    /// <summary>
    /// Appends the records and commits the offset that belongs to them, atomically, durable on return. Offsets only move forward: an offset alone behind
    /// the committed one is ignored; records for a range already committed are refused, as they would be duplicates. Disposes the batch in every case.
    /// Cancellation is honoured only until the writer accepts the batch.
    /// </summary>
    /// <returns>The number of records appended: all of the batch.</returns>
    public Task<int> PublishAsync(RecordBatch records, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            records.Dispose();
            return Task.FromCanceled<int>(cancellationToken);
        }

        if (RefusalOf(records) is { } refusal)
        {
            records.Dispose();
            return Task.FromException<int>(refusal);
        }

        return _writer.PublishAsync(records);
    }

    /// <summary>The offset a group has committed for a partition, or for a source that is no topic; 0 if it never committed.</summary>
    public Task<long> PositionAsync(string group, TopicPartition partition) => _writer.PositionAsync(group, partition, register: false);

    /// <summary>As <see cref="PositionAsync"/>; from now on retention removes nothing that this group has not read.</summary>
    internal Task<long> RegisterAsync(string group, TopicPartition partition) => _writer.PositionAsync(group, partition, register: true);

    internal IEnumerable<TopicPartition> PartitionsOf(string topic) => _topics.TryGetValue(topic, out var partitions)
        ? Enumerable.Range(0, partitions).Select(number => new TopicPartition(topic, number))
        : throw UnknownTopic(topic);

    /// <summary>Says when a partition has more to read.</summary>
    internal AppendNotifier Appends => _signals;

    internal LogReader OpenReader(TopicPartition partition, long from) => new(_settings, partition, from);

    /// <summary>Completes pending publishes and closes the file; readers that were not cancelled before fail.</summary>
    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        await _signals.DisposeAsync();
    }

    /// <summary>Validates a batch before it shares a transaction with others.</summary>
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
