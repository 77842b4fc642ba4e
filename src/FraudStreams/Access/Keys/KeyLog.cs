using System.Collections.Immutable;
using System.Text;
using FraudStreams.Access.Audit;
using FraudStreams.Messaging;
using FraudStreams.Topics;

namespace FraudStreams.Access.Keys;

/// <summary>A key that cannot be added or revoked; the message is for the person who asked.</summary>
public sealed class KeyException(string message) : Exception(message);

/// <summary>
/// The API keys of all hosts: the entries of topic `keys`, in its order, so that a key that is added or revoked anywhere holds everywhere. An entry that does
/// not fit what is before it, such as a name that is taken, does not count: of two at the same moment, the topic's order says whose does. Thread-safe.
/// </summary>
public sealed class KeyLog(AccessTopics topics, TimeProvider time) : IAuditSource, IAsyncDisposable
{
    /// <summary>A key that was revoked elsewhere is refused here after so long.</summary>
    static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(1);

    static readonly TopicPartition s_partition = new(TopicNames.Keys, 0);

    readonly SemaphoreSlim _turn = new(1);
    IPartitionReader? _reader;
    long? _tried;
    ImmutableArray<KeyEvent> _history = [];
    ImmutableSortedDictionary<string, ApiKey> _keys = ImmutableSortedDictionary.Create<string, ApiKey>(StringComparer.Ordinal);
    ImmutableDictionary<string, ApiKey> _byHash = ImmutableDictionary<string, ApiKey>.Empty;

    /// <summary>Whether it was read once.</summary>
    public bool IsRead { get; private set; }

    /// <summary>Those in force as of the last <see cref="RefreshAsync"/>, by name.</summary>
    public ImmutableSortedDictionary<string, ApiKey> Keys => Volatile.Read(ref _keys);

    /// <summary>The key in force with a hash, as of the last <see cref="RefreshAsync"/>.</summary>
    public ApiKey? Find(string hash) => Volatile.Read(ref _byHash).GetValueOrDefault(hash);

    /// <summary>Reads what was written since the last call, at most once a second however many ask.</summary>
    /// <exception cref="MessageLogException">The topic cannot be read now: what was known holds.</exception>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        if (IsRead && _tried is { } tried && time.GetElapsedTime(tried) < s_fresh)
            return;
        _tried = time.GetTimestamp();
        await RefreshAsync(cancellationToken);
    }

    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await ReadAsync();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <returns>The key, which is nowhere else from now on.</returns>
    /// <exception cref="KeyException">The name is taken.</exception>
    public async Task<(string Key, ApiKey Kept)> AddAsync(string name, AccessRole role, string actor, CancellationToken cancellationToken)
    {
        var key = ApiKey.Generate();
        await AppendAsync(
            () => _keys.TryGetValue(name, out var taken)
                ? throw new KeyException($"{name} has a key already, {taken.Prefix}…: revoke it first, or give another name")
                : new KeyEvent(Guid.NewGuid(), KeyAction.Added, name, role.Name(), key[..ApiKey.ShownCharacters], ApiKey.HashOf(key), actor, time.GetUtcNow()),
            cancellationToken);
        return (key, _keys[name]);
    }

    /// <exception cref="KeyException">No key has the name.</exception>
    public async Task<ApiKey> RevokeAsync(string name, string actor, CancellationToken cancellationToken)
    {
        ApiKey? revoked = null;
        await AppendAsync(
            () =>
            {
                revoked = _keys.GetValueOrDefault(name) ?? throw new KeyException($"no key has the name {name}: `fraudstreams keys list` shows them");
                return new KeyEvent(Guid.NewGuid(), KeyAction.Revoked, name, revoked.Role.Name(), revoked.Prefix, revoked.Hash, actor, time.GetUtcNow());
            },
            cancellationToken);
        return revoked!;
    }

    public async Task<ImmutableArray<AuditEntry>> ReadAuditAsync(CancellationToken cancellationToken)
    {
        await RefreshAsync(cancellationToken);
        return
        [
            .. _history.Select(entry => new AuditEntry(entry.At, entry.Actor, $"key.{entry.Action.ToString().ToLowerInvariant()}", $"{entry.Name} ({entry.Prefix}…)")
            {
                Before = entry.Action == KeyAction.Revoked ? entry.Role : null,
                After = entry.Action == KeyAction.Added ? entry.Role : null,
            }),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        if (_reader is not null)
            await _reader.DisposeAsync();
        _turn.Dispose();
    }

    async Task AppendAsync(Func<KeyEvent> make, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await ReadAsync();
            var entry = make();
            var records = new RecordBatch(1);
            records.Add(TopicNames.Keys, Encoding.UTF8.GetBytes(entry.Name), entry.ToJson());
            await topics.Log.PublishAsync(records, CancellationToken.None);
            await ReadAsync();
            if (!_history.Any(written => written.Id == entry.Id))
                throw new KeyException($"somebody else changed the key of {entry.Name} at the same moment: look at `fraudstreams keys list`");
        }
        finally
        {
            _turn.Release();
        }
    }

    async Task ReadAsync()
    {
        var log = topics.Log;
        _reader ??= log.OpenReader(s_partition, 0);
        var (history, keys) = (_history.ToBuilder(), _keys.ToBuilder());
        while (await _reader.NextAsync(wait: true, CancellationToken.None) is { Count: > 0 } read)
        {
            foreach (var record in read)
            {
                if (KeyEvent.Read(record.Value.Span) is { } entry && Apply(keys, entry))
                    history.Add(entry);
            }
        }

        _history = history.ToImmutable();
        Volatile.Write(ref _keys, keys.ToImmutable());
        Volatile.Write(ref _byHash, _keys.Values.ToImmutableDictionary(key => key.Hash));
        IsRead = true;
    }

    static bool Apply(ImmutableSortedDictionary<string, ApiKey>.Builder keys, KeyEvent entry)
    {
        var known = keys.GetValueOrDefault(entry.Name);
        if (entry.Action == KeyAction.Revoked)
            return known?.Hash == entry.Hash && keys.Remove(entry.Name);
        if (known is not null || AccessRoles.Find(entry.Role) is not { } role)
            return false;
        keys[entry.Name] = new ApiKey(entry.Name, role, entry.Prefix, entry.Hash, entry.Actor, entry.At);
        return true;
    }
}
