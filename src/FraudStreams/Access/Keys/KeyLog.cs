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

    /// <summary>Who asks waits no longer for a read where keys are known. Topics that are away are asked once for all, and hold nobody up for as long as that takes.</summary>
    static readonly TimeSpan s_longestRead = TimeSpan.FromSeconds(5);

    static readonly TopicPartition s_partition = new(TopicNames.Keys, 0);

    readonly SemaphoreSlim _turn = new(1);
    readonly Lock _gate = new();
    IPartitionReader? _reader;
    Task _following = Task.CompletedTask;
    Attempt? _last;
    bool _isClosed;
    ImmutableArray<KeyEvent> _history = [];
    ImmutableSortedDictionary<string, ApiKey> _keys = ImmutableSortedDictionary.Create<string, ApiKey>(StringComparer.Ordinal);
    ImmutableDictionary<string, ApiKey> _byHash = ImmutableDictionary<string, ApiKey>.Empty;

    /// <summary>Whether it was read once.</summary>
    public bool IsRead { get; private set; }

    /// <summary>Those in force as of the last <see cref="RefreshAsync"/>, by name.</summary>
    public ImmutableSortedDictionary<string, ApiKey> Keys => Volatile.Read(ref _keys);

    /// <summary>The key in force with a hash, as of the last <see cref="RefreshAsync"/>.</summary>
    public ApiKey? Find(string hash) => Volatile.Read(ref _byHash).GetValueOrDefault(hash);

    /// <summary>Reads what was written since the last call, at most once a second however many ask, and whether or not it could be read.</summary>
    /// <exception cref="MessageLogException">The topic cannot be read now: what was known holds.</exception>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        var last = Volatile.Read(ref _last);
        if (last is not null && time.GetElapsedTime(last.At) < s_fresh)
        {
            if (last.Failure is { } failure)
                throw new MessageLogException(failure.Message, failure);
            return;
        }

        Task following;
        lock (_gate)
            following = _following = _following.IsCompleted ? RefreshAsync(CancellationToken.None) : _following;
        try
        {
            await following.WaitAsync(!IsRead ? Timeout.InfiniteTimeSpan : last?.Failure is null ? s_longestRead : s_fresh, time, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new MessageLogException($"Topic {TopicNames.Keys} gives no answer", e);
        }
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
        if (Interlocked.Exchange(ref _isClosed, true))
            return;
        await _turn.WaitAsync();
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
            await (await topics.OpenAsync()).PublishAsync(records, CancellationToken.None);
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
        try
        {
            _reader ??= (await topics.OpenAsync()).OpenReader(s_partition, 0);
            while (await _reader.NextAsync(wait: true, CancellationToken.None) is { Count: > 0 } read)
                Take(read);
            IsRead = true;
            Volatile.Write(ref _last, new Attempt(time.GetTimestamp(), null));
        }
        catch (MessageLogException e)
        {
            Volatile.Write(ref _last, new Attempt(time.GetTimestamp(), e));
            throw;
        }
    }

    /// <summary>What is read holds at once: should the next read fail, the reader does not give it again.</summary>
    void Take(IReadOnlyList<TopicRecord> records)
    {
        var (keys, byHash, counted) = (_keys.ToBuilder(), _byHash.ToBuilder(), new List<KeyEvent>());
        foreach (var record in records)
        {
            if (KeyEvent.Read(record.Value.Span) is { } entry && Apply(keys, byHash, entry))
                counted.Add(entry);
        }

        _history = _history.AddRange(counted);
        Volatile.Write(ref _keys, keys.ToImmutable());
        Volatile.Write(ref _byHash, byHash.ToImmutable());
    }

    /// <summary>Whether the entry counts: a name that is taken does not, nor a hash that another name has.</summary>
    static bool Apply(ImmutableSortedDictionary<string, ApiKey>.Builder keys, ImmutableDictionary<string, ApiKey>.Builder byHash, KeyEvent entry)
    {
        var known = keys.GetValueOrDefault(entry.Name);
        if (entry.Action == KeyAction.Revoked)
            return known?.Hash == entry.Hash && keys.Remove(entry.Name) && byHash.Remove(entry.Hash);
        if (known is not null || byHash.ContainsKey(entry.Hash) || AccessRoles.Find(entry.Role) is not { } role)
            return false;
        keys[entry.Name] = byHash[entry.Hash] = new ApiKey(entry.Name, role, entry.Prefix, entry.Hash, entry.Actor, entry.At);
        return true;
    }

    /// <summary>When it was last tried to read, and why it could not be.</summary>
    sealed record Attempt(long At, MessageLogException? Failure);
}
