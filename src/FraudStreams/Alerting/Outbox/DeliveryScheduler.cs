using System.Collections.Immutable;
using FraudStreams.Alerting.Channels;

namespace FraudStreams.Alerting.Outbox;

/// <summary>
/// The pending alerts of one channel, and which of them may be sent when: oldest first; within the concurrency and rate limits; after a backoff with
/// the oldest alert where the server fails; a message that fails on its own delays no other; and a message that no recipient has comes before the
/// rest of one that some have. Reads no clock and sends nothing itself.
/// </summary>
sealed class DeliveryScheduler(ChannelSettings settings)
{
    /// <summary>After so many "not now" in a row it is the server rather than the message.</summary>
    const int DeferralsBeforePause = 8;

    readonly Dictionary<long, Item> _items = [];
    readonly SortedSet<(bool OthersHaveIt, long Number)> _ready = [];
    readonly PriorityQueue<long, DateTimeOffset> _delayed = new();
    readonly Dictionary<string, SortedSet<long>> _readyOfCard = [];
    readonly Dictionary<string, DateTimeOffset> _windows = [];
    double _tokens = settings.PerMinute ?? 0;
    DateTimeOffset? _tokensAt;
    DateTimeOffset _pausedUntil;
    int _inFlight;
    int _failuresInRow;
    int _deferralsInRow;
    bool _flushesDigests;
    int _windowsKept = 1000;

    sealed class Item(Alert alert)
    {
        public readonly Alert Alert = alert;
        public ImmutableArray<string> To = [];
        public ImmutableArray<Refusal> Refusals = [];
        public int Attempts;
        public bool Alone;
    }

    /// <summary>Alerts taken to be sent in one message.</summary>
    public sealed record DeliveryAttempt(ImmutableArray<long> Numbers, AlertMessage Message);

    /// <summary>Alerts that this channel still has to deliver, including those in flight.</summary>
    public int Count => _items.Count;

    public int InFlight => _inFlight;

    public int FailuresInRow => _failuresInRow;

    public void Add(long number, Alert alert, DateTimeOffset now)
    {
        _items.Add(number, new Item(alert));
        Schedule(number, !_flushesDigests && _windows.TryGetValue(alert.Key, out var end) && end > now ? end : null);
    }

    /// <summary>Adds an alert whose message an earlier outbox of this process sent, and whose outcome is still to come.</summary>
    public DeliveryAttempt Resume(long number, Alert alert)
    {
        _items.Add(number, new Item(alert));
        _inFlight++;
        return new DeliveryAttempt([number], AlertMessage.Of([alert], []));
    }

    /// <summary>From now on no alert is held back to be grouped with others of its card.</summary>
    public void FlushDigests()
    {
        if (_flushesDigests) return;
        _flushesDigests = true;
        var tried = new List<(long, DateTimeOffset)>();
        while (_delayed.TryDequeue(out var number, out var due))
        {
            if (_items[number].Attempts == 0) Ready(number);
            else tried.Add((number, due));
        }

        _delayed.EnqueueRange(tried);
    }

    /// <summary>Whether a message may go out, and if not, when to ask again (null: when something changes).</summary>
    public bool MayTake(DateTimeOffset now, out DateTimeOffset? next)
    {
        Release(now);
        Refill(now);
        next = null;
        if (_ready.Count == 0)
        {
            next = _delayed.TryPeek(out _, out var due) ? due : null;
            return false;
        }

        if (_inFlight >= (_failuresInRow > 0 ? 1 : settings.Parallel))
            return false;
        if (_pausedUntil > now)
        {
            next = _pausedUntil;
            return false;
        }

        if (settings.PerMinute is { } perMinute && _tokens < 1)
        {
            next = now + TimeSpan.FromMinutes((1 - _tokens) / perMinute) + TimeSpan.FromMilliseconds(1);
            return false;
        }

        return true;
    }

    /// <summary>The next message, where <see cref="MayTake"/> says that one may go out.</summary>
    public DeliveryAttempt Take(DateTimeOffset now)
    {
        var taken = Choose();
        foreach (var number in taken)
            Unready(number, now);
        _tokens--;
        _inFlight++;
        return new DeliveryAttempt(taken, AlertMessage.Of([.. taken.Select(number => _items[number].Alert)], _items[taken[0]].To));
    }

    /// <summary>The message is delivered, or refused for good: returns all of its refusals.</summary>
    public ImmutableArray<Refusal> Done(DeliveryAttempt attempt, ImmutableArray<Refusal> refusals)
    {
        Succeeded();
        var earlier = _items[attempt.Numbers[0]].Refusals;
        foreach (var number in attempt.Numbers)
            _items.Remove(number);
        return earlier.AddRange(refusals);
    }

    /// <summary>Some recipients have it; the others are tried again later.</summary>
    public void Partly(DeliveryAttempt attempt, Delivery delivery, DateTimeOffset now)
    {
        Succeeded();
        Reschedule(attempt, now, item =>
        {
            item.Alone = true;
            item.To = [.. delivery.Later.Select(later => later.Recipient)];
            item.Refusals = item.Refusals.AddRange(delivery.Refusals);
        });
    }

    /// <summary>The server is unavailable: everything waits, and this message goes first again. Returns the backoff.</summary>
    public TimeSpan Unavailable(DeliveryAttempt attempt, DateTimeOffset now)
    {
        _inFlight--;
        _tokens++;
        foreach (var number in attempt.Numbers)
            Ready(number);
        return Pause(now);
    }

    /// <summary>The server does not take this message now; others go on, unless it takes none of them. Returns the backoff.</summary>
    public TimeSpan Later(DeliveryAttempt attempt, DateTimeOffset now)
    {
        _inFlight--;
        var pause = Reschedule(attempt, now, _ => { });
        if (++_deferralsInRow >= DeferralsBeforePause)
            Pause(now);
        return pause;
    }

    /// <summary>A digest was refused for good: each of its alerts is sent on its own, so that only those really refused are given up.</summary>
    public void Split(DeliveryAttempt attempt, DateTimeOffset now)
    {
        Succeeded();
        foreach (var number in attempt.Numbers)
        {
            _items[number].Alone = true;
            Ready(number);
        }
    }

    ImmutableArray<long> Choose()
    {
        var first = _ready.Min.Number;
        if (_items[first].Alone)
            return [first];
        var together = new SortedSet<long> { first };
        if (settings.CardWindow > TimeSpan.Zero && _readyOfCard.TryGetValue(_items[first].Alert.Key, out var sameCard))
            AddTo(together, sameCard);

        // The digest takes so many that the remaining alerts can go out one by one.
        var most = settings.PerMinute is null ? 1 : (int)Math.Min(settings.DigestSize, _ready.Count - Math.Floor(_tokens) + 1);
        if (most > together.Count)
            AddTo(together, _ready.Select(ready => ready.Number), most);
        return [.. together];

        void AddTo(SortedSet<long> into, IEnumerable<long> from, int? upTo = null)
        {
            foreach (var number in from)
            {
                if (into.Count >= (upTo ?? settings.DigestSize))
                    break;
                if (!_items[number].Alone)
                    into.Add(number);
            }
        }
    }

    TimeSpan Reschedule(DeliveryAttempt attempt, DateTimeOffset now, Action<Item> change)
    {
        var pause = TimeSpan.Zero;
        foreach (var number in attempt.Numbers)
        {
            var item = _items[number];
            change(item);
            pause = settings.Retry.Pause(++item.Attempts);
            Schedule(number, now + pause);
        }

        return pause;
    }

    void Succeeded()
    {
        _inFlight--;
        _failuresInRow = _deferralsInRow = 0;
        _pausedUntil = default;
    }

    /// <summary>Messages that were in flight together and fail together count as one failure.</summary>
    TimeSpan Pause(DateTimeOffset now)
    {
        if (_pausedUntil <= now)
            _pausedUntil = now + settings.Retry.Pause(++_failuresInRow);
        return _pausedUntil - now;
    }

    void Schedule(long number, DateTimeOffset? until)
    {
        if (until is { } due)
            _delayed.Enqueue(number, due);
        else
            Ready(number);
    }

    void Ready(long number)
    {
        _ready.Add(Rank(number));
        var card = _items[number].Alert.Key;
        (_readyOfCard.TryGetValue(card, out var numbers) ? numbers : _readyOfCard[card] = []).Add(number);
    }

    (bool OthersHaveIt, long Number) Rank(long number) => (!_items[number].To.IsEmpty, number);

    void Unready(long number, DateTimeOffset now)
    {
        _ready.Remove(Rank(number));
        var card = _items[number].Alert.Key;
        var numbers = _readyOfCard[card];
        numbers.Remove(number);
        if (numbers.Count == 0)
            _readyOfCard.Remove(card);
        if (settings.CardWindow > TimeSpan.Zero)
            _windows[card] = now + settings.CardWindow;
    }

    void Release(DateTimeOffset now)
    {
        while (_delayed.TryPeek(out var number, out var due) && due <= now)
        {
            _delayed.Dequeue();
            Ready(number);
        }

        // Windows that ended are of no use any more; they are removed only now and then.
        if (_windows.Count > 2 * _windowsKept)
        {
            foreach (var (card, end) in _windows)
            {
                if (end <= now) _windows.Remove(card);
            }

            _windowsKept = Math.Max(1000, _windows.Count);
        }
    }

    void Refill(DateTimeOffset now)
    {
        if (settings.PerMinute is not { } perMinute)
            return;
        if (_tokensAt is { } before && now > before)
            _tokens = Math.Min(perMinute, _tokens + ((now - before).TotalMinutes * perMinute));
        _tokensAt = now;
    }
}
