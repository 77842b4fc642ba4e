using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Topics;

namespace FraudStreams.Simulation.Http;

/// <summary>
/// The payments of an API that is polled (<see cref="PaymentDocument"/> says in which forms). An API answers with payments that it answered with before; one
/// that was sent is not sent again, by its id, or by its content where it has none. What was sent is known from the topic itself, which has it exactly if it
/// was published: so a start reads the end of `transactions` first. An answer that fails, or is not whole, gives nothing; the next poll comes after a pause
/// that grows, or the longer one that the API asks for. The feed has no end. At most one answer is in memory.
/// </summary>
/// <param name="topics">The log that the payments go to.</param>
/// <param name="backoff">Pauses after failures in a row.</param>
/// <param name="health">Told while polls fail.</param>
/// <param name="tokens">What the log replaces cards with; null where they stay as they come.</param>
sealed class HttpFeed(
    HttpFeedSettings settings, TransactionSchema schema, IMessageLog topics, BackoffSettings backoff, ErrorThrottle errors, PipelineHealth health, TimeProvider time,
    CardTokens? tokens = null) : IPaymentFeed
{
    /// <summary>However long an API asks to wait: it may have meant another unit.</summary>
    static readonly TimeSpan s_longestPause = TimeSpan.FromHours(1);

    readonly PaymentsApi _api = new(settings, time);
    readonly PaymentDocument _document = new(schema, settings.MomentField, tokens);
    readonly SentPayments _sent = new(settings.Remember);
    readonly Queue<DocumentPayment> _fetched = [];
    DocumentPayment? _last;
    bool _isRemembered;
    int _failures;
    long? _polled;

    public string Name => settings.Name;

    public TopicPartition OffsetKey { get; } = new($"http:{settings.Url.Host}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(settings.Url.AbsoluteUri)).AsSpan(0, 8))}", 0);

    public string OffsetKeyPrefix => $"http:{settings.Url.Host}:";

    /// <summary>Payments sent so far.</summary>
    public long Position { get; private set; }

    public ReadOnlySpan<byte> Key => _last!.Key;

    public long? EventTime => _last!.EventTime;

    public void GoTo(long position, CancellationToken cancellationToken) => Position = position;

    public bool TryRead(IBufferWriter<byte> into)
    {
        if (!_fetched.TryDequeue(out _last))
            return false;
        into.Write(_last.Record);
        Position++;
        return true;
    }

    /// <summary>Polls until there is a payment that was not sent yet.</summary>
    public async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        if (!_isRemembered)
        {
            await RememberAsync(cancellationToken);
            _isRemembered = true;
        }

        while (_fetched.Count == 0)
        {
            if (_polled is { } before && settings.Interval - time.GetElapsedTime(before) is { Ticks: > 0 } rest)
                await Task.Delay(Whole(rest), time, cancellationToken);
            _polled = time.GetTimestamp();
            await PollAsync(cancellationToken);
        }

        return true;
    }

    public void Dispose()
    {
        _api.Dispose();
        _document.Dispose();
    }

    async Task PollAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var payment in Read(await _api.GetAsync(cancellationToken)))
            {
                if (_sent.Add(payment.Identity))
                    _fetched.Enqueue(payment);
            }

            if (_failures > 0)
            {
                _failures = 0;
                health.Worked(ConsumerGroups.Simulate);
                errors.Over();
            }
        }
        catch (PaymentsApiException e)
        {
            _failures++;
            health.Failed(ConsumerGroups.Simulate, e.Message);
            errors.Warn($"{e.Message}. It is asked again after a pause");
            var pause = backoff.Pause(_failures);
            pause = e.RetryAfter > pause ? e.RetryAfter : pause;
            await Task.Delay(Whole(pause < s_longestPause ? pause : s_longestPause), time, cancellationToken);
        }
    }

    IReadOnlyList<DocumentPayment> Read(ReadOnlyMemory<byte> answer)
    {
        try
        {
            return _document.Read(answer);
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            throw new PaymentsApiException($"{settings.Name} sends an answer of {answer.Length:N0} bytes that cannot be read: {e.Message}", cause: e);
        }
    }

    /// <summary>Reads the last records of each partition.</summary>
    async Task RememberAsync(CancellationToken cancellationToken)
    {
        if (settings.Remember == 0)
            return;
        var status = await topics.StatusAsync(cancellationToken);
        if (status.Topics.FirstOrDefault(topic => topic.Topic == TopicNames.Transactions) is not { } transactions)
            return;

        // What is remembered is limited over all partitions: the newest of them together.
        var newest = new PriorityQueue<string, long>();
        for (var number = 0; number < transactions.Partitions; number++)
        {
            var partition = new TopicPartition(TopicNames.Transactions, number);
            await foreach (var records in topics.ReadAsync(partition, Math.Max(0, await EndAsync(status, partition, cancellationToken) - settings.Remember), long.MaxValue, cancellationToken))
            {
                foreach (var record in records)
                {
                    newest.Enqueue(_document.IdentityOf(record.Value.Span), record.UnixMilliseconds);
                    if (newest.Count > settings.Remember)
                        newest.Dequeue();
                }
            }
        }

        while (newest.TryDequeue(out var identity, out _))
            _sent.Add(identity);
    }

    /// <summary>Where a partition ended a moment ago, by the scorer's position and lag; 0, that is, all of it is read, where none has scored yet.</summary>
    async Task<long> EndAsync(MessageLogStatus status, TopicPartition partition, CancellationToken cancellationToken)
    {
        var lag = status.ByPartition.Where(lag => lag.Group == ConsumerGroups.Score && lag.Partition == partition).Select(lag => lag.Lag).FirstOrDefault();
        var position = await topics.PositionAsync(ConsumerGroups.Score, partition, cancellationToken);
        return position == 0 ? 0 : position + lag;
    }

    /// <summary>Timers count whole milliseconds and drop the rest.</summary>
    static TimeSpan Whole(TimeSpan wait) => TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds));
}
