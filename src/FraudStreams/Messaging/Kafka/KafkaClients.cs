using Confluent.Kafka;
using FraudStreams.Diagnostics;

namespace FraudStreams.Messaging.Kafka;

/// <summary>
/// The clients that questions are asked with, shared by those who ask and closed when the last of them has its answer, since a client must not be closed
/// while it is used. After a question that failed they are replaced: what they know of leaders and coordinators may be what made it fail.
/// </summary>
sealed class KafkaClients(KafkaSettings settings, LastClientError fault) : IDisposable
{
    readonly Lock _gate = new();
    Set? _current;
    bool _isClosed;

    /// <summary>Clients of one time.</summary>
    public sealed class Set(KafkaSettings settings, LastClientError fault)
    {
        readonly Dictionary<string, IConsumer<Ignore, Ignore>> _observers = [];
        IAdminClient? _admin;

        /// <summary>Who uses it, and whether it is still to be used again.</summary>
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

        /// <summary>A consumer with the group's name that joins nothing.</summary>
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

    /// <exception cref="MessageLogException">It is closed.</exception>
    public Set Take()
    {
        lock (_gate)
        {
            if (_isClosed)
                throw new MessageLogException($"The connection to {settings.BootstrapServers} was closed");
            _current ??= new Set(settings, fault);
            _current.Use.Users++;
            return _current;
        }
    }

    /// <param name="isStale">Whoever asks next is to get others.</param>
    public void GiveBack(Set set, bool isStale)
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

    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
            if (_current is not null)
                Retire(_current);
        }
    }

    void Retire(Set set)
    {
        set.Use.IsRetired = true;
        if (ReferenceEquals(set, _current))
            _current = null;
        CloseIfUnused(set);
    }

    /// <summary>A client that no broker answers takes a while to close.</summary>
    static void CloseIfUnused(Set set)
    {
        if (set.Use is (0, true))
            _ = BlockingCall.RunAsync(set.Close);
    }
}
