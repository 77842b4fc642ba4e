using System.Collections.Immutable;
using FraudStreams.Alerting.Channels;

namespace FraudStreams.Alerting.Outbox;

/// <summary>
/// What waits for one channel, and what of it may go out when: oldest first, never more at once than set, a failing server left alone for a
/// growing pause and then tried with the oldest, one awkward message out of the others' way, and what nobody has yet before what is left of a message
/// that others have. It keeps no time and sends nothing itself.
/// </summary>
sealed class DeliveryScheduler(ChannelSettings settings)
{
    /// <summary>So many "not now" in a row, and it is the server rather than the message.</summary>
    const int LatersBeforePause = 8;

    readonly Dictionary<long, Item> _items = [];
    readonly SortedSet<(bool OthersHaveIt, long Number)> _ready = [];
    readonly PriorityQueue<long, DateTimeOffset> _held = new();
    readonly Dictionary<string, SortedSet<long>> _readyOfCard = [];
    readonly Dictionary<string, DateTimeOffset> _windows = [];
    double _tokens = settings.PerMinute ?? 0;
    DateTimeOffset? _tokensAt;
    DateTimeOffset _pausedUntil;
    int _underWay;
    int _failuresInRow;
    int _latersInRow;
    bool _hurries;
    int _windowsKept = 1000;

    sealed class Item(Alert alert)
    {
        public readonly Alert Alert = alert;
        public ImmutableArray<string> To = [];
        public ImmutableArray<Refusal> Refusals = [];
        public int Attempts;
        public bool Alone;
    }

    /// <summary>What was taken out to be sent together.</summary>
    public sealed record DeliveryAttempt(ImmutableArray<long> Numbers, AlertMessage Message);

    /// <summary>Alerts that this channel still has to deliver, under way ones included.</summary>
    public int Count => _items.Count;

    public int UnderWay => _underWay;

    public int FailuresInRow => _failuresInRow;

    public void Add(long number, Alert alert, DateTimeOffset now)
    {
        _items.Add(number, new Item(alert));
        Hold(number, !_hurries && _windows.TryGetValue(alert.Key, out var end) && end > now ? end : null);
    }

    /// <summary>An alert whose message an earlier desk of this process sent, and whose outcome is still to come.</summary>
    public DeliveryAttempt Resume(long number, Alert alert)
    {
        _items.Add(number, new Item(alert));
        _underWay++;
        return new DeliveryAttempt([number], AlertMessage.Of([alert], []));
    }

    /// <summary>From now on nothing waits for others of its card.</summary>
    public void Hurry()
    {
        if (_hurries) return;
        _hurries = true;
        var tried = new List<(long, DateTimeOffset)>();
        while (_held.TryDequeue(out var number, out var due))
        {
            if (_items[number].Attempts == 0) Ready(number);
            else tried.Add((number, due));
        }

        _held.EnqueueRange(tried);
    }

    /// <summary>Whether a message may go out, and if not, when to ask again (null: when something changes).</summary>
    public bool MayTake(DateTimeOffset now, out DateTimeOffset? next)
    {
        Release(now);
        Refill(now);
        next = null;
        if (_ready.Count == 0)
        {
            next = _held.TryPeek(out _, out var due) ? due : null;
            return false;
        }

        if (_underWay >= (_failuresInRow > 0 ? 1 : settings.Parallel))
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
        _underWay++;
        return new DeliveryAttempt(taken, AlertMessage.Of([.. taken.Select(number => _items[number].Alert)], _items[taken[0]].To));
    }

    /// <summary>The message is delivered, or refused for good: returns what of it there is to note.</summary>
    public ImmutableArray<Refusal> Done(DeliveryAttempt attempt, ImmutableArray<Refusal> refusals)
    {
        Succeeded();
        var earlier = _items[attempt.Numbers[0]].Refusals;
        foreach (var number in attempt.Numbers)
            _items.Remove(number);
        return earlier.AddRange(refusals);
    }

    /// <summary>Some recipients have it; the others are to be tried again later.</summary>
    public void Partly(DeliveryAttempt attempt, Delivery delivery, DateTimeOffset now)
    {
        Succeeded();
        Again(attempt, now, item =>
        {
            item.Alone = true;
            item.To = [.. delivery.Later.Select(later => later.Recipient)];
            item.Refusals = item.Refusals.AddRange(delivery.Refusals);
        });
    }

    /// <summary>The server cannot be used: everything waits, and this goes first again. Returns for how long.</summary>
    public TimeSpan Unavailable(DeliveryAttempt attempt, DateTimeOffset now)
    {
        _underWay--;
        _tokens++;
        foreach (var number in attempt.Numbers)
            Ready(number);
        return Pause(now);
    }

    /// <summary>The server does not want it now; others go on, unless it wants none of them.</summary>
    public TimeSpan Later(DeliveryAttempt attempt, DateTimeOffset now)
    {
        _underWay--;
        var pause = Again(attempt, now, _ => { });
        if (++_latersInRow >= LatersBeforePause)
            Pause(now);
        return pause;
    }

    /// <summary>A digest was refused for good: each of its alerts is tried on its own, so that only what is really refused is set aside.</summary>
    public void TakeApart(DeliveryAttempt attempt, DateTimeOffset now)
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

        // As many go out together as it takes for the rest to go out one by one.
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

    TimeSpan Again(DeliveryAttempt attempt, DateTimeOffset now, Action<Item> change)
    {
        var pause = TimeSpan.Zero;
        foreach (var number in attempt.Numbers)
        {
            var item = _items[number];
            change(item);
            pause = settings.Retry.Pause(++item.Attempts);
            Hold(number, now + pause);
        }

        return pause;
    }

    void Succeeded()
    {
        _underWay--;
        _failuresInRow = _latersInRow = 0;
        _pausedUntil = default;
    }

    /// <summary>Messages that were under way together and fail together count as one failure.</summary>
    TimeSpan Pause(DateTimeOffset now)
    {
        if (_pausedUntil <= now)
            _pausedUntil = now + settings.Retry.Pause(++_failuresInRow);
        return _pausedUntil - now;
    }

    void Hold(long number, DateTimeOffset? until)
    {
        if (until is { } due)
            _held.Enqueue(number, due);
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
        while (_held.TryPeek(out var number, out var due) && due <= now)
        {
            _held.Dequeue();
            Ready(number);
        }

        // Windows that ended say nothing any more; looked for only now and then.
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
