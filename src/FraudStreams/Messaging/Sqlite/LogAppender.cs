using FraudStreams.Sqlite;

namespace FraudStreams.Messaging.Sqlite;

/// <summary>Writes records and committed offsets on one connection, within the writer's transaction.</summary>
internal sealed class LogAppender : IDisposable
{
    readonly Dictionary<string, Partition[]> _topics;
    readonly List<Partition> _touched = [];
    readonly SqliteStatement _position, _register, _commit;
    RecordPartitioner _partitioner;

    public LogAppender(EmbeddedLogSettings settings)
    {
        _partitioner = new RecordPartitioner(settings.PlaceOf);
        File = LogFile.OpenOrCreate(settings);
        _topics = LogFile.Topics(File).ToDictionary(
            topic => topic.Key,
            topic => Enumerable.Range(0, topic.Value).Select(number => new Partition(File, new TopicPartition(topic.Key, number))).ToArray());
        _position = File.Prepare("""SELECT next_offset FROM positions WHERE topic = ? AND "partition" = ? AND consumers = ?""");
        _register = File.Prepare("INSERT OR IGNORE INTO positions VALUES (?3, ?1, ?2, ?4)");
        _commit = File.Prepare("""
            INSERT INTO positions VALUES (?3, ?1, ?2, ?4)
            ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset WHERE excluded.next_offset > next_offset
            """);
    }

    sealed class Partition(SqliteFile file, TopicPartition name)
    {
        readonly SqliteStatement _last = file.Prepare($"""SELECT max("offset") FROM {LogFile.Table(name)}""");
        readonly SqliteStatement _insert = file.Prepare($"""INSERT INTO {LogFile.Table(name)} ("offset", time, key, value) VALUES (?, ?, ?, ?)""");
        SqliteStatement? _insertTraced;
        long _next = -1;

        public TopicPartition Name => name;

        /// <summary>True at the first use in this transaction: only then may another process have appended.</summary>
        public bool Touch()
        {
            if (_next >= 0) return false;
            _next = _last.LongOr(-1) + 1;
            return true;
        }

        public void Forget() => _next = -1;

        public void Append(long time, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, string? traceParent)
        {
            var insert = traceParent is null
                ? _insert
                : (_insertTraced ??= file.Prepare($"""INSERT INTO {LogFile.Table(name)} ("offset", time, key, value, trace) VALUES (?, ?, ?, ?, ?)""")).Bind(5, traceParent);
            insert.Bind(1, _next++).Bind(2, time).BindBlob(3, key).BindBlob(4, value).Run();
        }
    }

    public SqliteFile File { get; }

    /// <summary>The partitions appended to in the current transaction.</summary>
    public IEnumerable<TopicPartition> Touched => _touched.Select(partition => partition.Name);

    public void Begin()
    {
        foreach (var partition in _touched) partition.Forget();
        _touched.Clear();
        File.Begin();
    }

    public void Append(RecordBatch records, long time)
    {
        string? topic = null;
        Partition[] partitions = [];
        for (var record = 0; record < records.Count; record++)
        {
            if (!ReferenceEquals(records.Topic(record), topic))
            {
                topic = records.Topic(record);
                partitions = _topics[topic];
            }

            var key = records.Key(record);
            var partition = partitions[_partitioner.PartitionOf(key, partitions.Length)];
            if (partition.Touch()) _touched.Add(partition);
            partition.Append(time, key, records.Value(record), records.TraceParent(record));
        }
    }

    /// <summary>The committed offset, or -1.</summary>
    public long Position(string group, TopicPartition partition) => Bind(_position, group, partition).LongOr(-1);

    public void Commit(ConsumerOffset position) => Bind(_commit, position.Group, position.Partition).Bind(4, position.NextOffset).Run();

    /// <summary>Registers the group at the first retained record, so that retention removes nothing before the group's first commit.</summary>
    public void Register(string group, TopicPartition partition)
    {
        var first = Math.Max(0, File.QueryLong($"""SELECT coalesce(min("offset"), 0) FROM {LogFile.Table(partition)}"""));
        Bind(_register, group, partition).Bind(4, first).Run();
    }

    public void Dispose() => File.Dispose();

    static SqliteStatement Bind(SqliteStatement statement, string group, TopicPartition partition) =>
        statement.Bind(1, partition.Topic).Bind(2, partition.Partition).Bind(3, group);
}
