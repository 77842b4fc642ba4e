using Confluent.Kafka;
using FraudStreams.Diagnostics;

namespace FraudStreams.Messaging.Kafka;

/// <summary>
/// The clients for queries, shared and reference-counted, since a client must not be closed while it is in use. After a failed query they are replaced:
/// their metadata about leaders and coordinators may be what made it fail.
/// </summary>
sealed class KafkaClients(KafkaSettings settings, LastClientError fault) : IDisposable
{
    /// <summary>Closing takes a moment, or longer where no broker answers.</summary>
    public static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    readonly object _gate = new();
    Set? _current;
    int _open;
    bool _isClosed;

    /// <summary>One generation of clients.</summary>
    public sealed class Set(KafkaSettings settings, LastClientError fault)
    {
        readonly Dictionary<string, IConsumer<Ignore, Ignore>> _observers = [];
        IAdminClient? _admin;

        /// <summary>How many users it has, and whether it is retired.</summary>
        internal (int Users, bool IsRetired) Use;

        public IAdminClient Admin
        {
            get
            {
                lock (_observers)
                {
                    return _admin ??= new AdminClientBuilder(settings.Properties)
                        .SetLogHandler((_, _) => { }).SetErrorHandler((_, error) => fault.Note(error)).Build();
                }
            }
        }

        /// <summary>A consumer with the group's id that does not join the group.</summary>
        public IConsumer<Ignore, Ignore> ObserverOf(string group)
        {
            lock (_observers)
            {
                if (!_observers.TryGetValue(group, out var observer))
                {
                    _observers[group] = observer = new ConsumerBuilder<Ignore, Ignore>(
                            settings.Properties.SetItem("group.id", settings.Prefix + group).SetItem("enable.auto.commit", "false"))
                        .SetLogHandler((_, _) => { }).SetErrorHandler((_, error) => fault.Note(error)).Build();
                }

                return observer;
            }
        }

        internal void Close()
        {
            _admin?.Dispose();
            foreach (var observer in _observers.Values)
                observer.Dispose();
        }
    }

    /// <exception cref="MessageLogException">The clients were closed.</exception>
    public Set Rent()
    {
        lock (_gate)
        {
            if (_isClosed)
                throw new MessageLogException($"The connection to {settings.BootstrapServers} was closed");
            if (_current is null)
            {
                _current = new Set(settings, fault);
                _open++;
            }

            _current.Use.Users++;
            return _current;
        }
    }

    /// <param name="isStale">The next caller gets new clients.</param>
    public void Return(Set set, bool isStale)
    {
        lock (_gate)
        {
            set.Use.Users--;
            if (isStale)
                Retire(set);
            else
                CloseIfUnused(set);
        }
    }

    /// <summary>
    /// Waits until all clients are closed: where a process ends while threads of the client library end too, the library's TLS frees what they are freeing,
    /// and the process ends with a segmentation fault.
    /// </summary>
    public void Dispose()
    {
        var started = TimeProvider.System.GetTimestamp();
        lock (_gate)
        {
            _isClosed = true;
            if (_current is not null)
                Retire(_current);
            while (_open > 0 && CloseTimeout - TimeProvider.System.GetElapsedTime(started) is { Ticks: > 0 } left)
                Monitor.Wait(_gate, left);
        }
    }

    void Retire(Set set)
    {
        set.Use.IsRetired = true;
        if (ReferenceEquals(set, _current))
            _current = null;
        CloseIfUnused(set);
    }

    /// <summary>Closes in the background: a client that no broker answers takes a while to close.</summary>
    void CloseIfUnused(Set set)
    {
        if (set.Use is not (0, true))
            return;
        _ = BlockingCall.RunAsync(() =>
        {
            try
            {
                set.Close();
            }
            finally
            {
                lock (_gate)
                {
                    _open--;
                    Monitor.PulseAll(_gate);
                }
            }
        });
    }
}
