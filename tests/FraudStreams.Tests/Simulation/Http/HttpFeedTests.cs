using System.Buffers;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Schemas;
using FraudStreams.RateLimiting;
using FraudStreams.Simulation;
using FraudStreams.Simulation.Generation;
using FraudStreams.Simulation.Http;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.Diagnostics;
using FraudStreams.Tests.Messaging.Sqlite;
using FraudStreams.Topics;
using Shouldly;
using Xunit;
using static FraudStreams.Tests.Simulation.Http.TestPaymentsApi;

namespace FraudStreams.Tests.Simulation.Http;

[Trait("Category", "Unit")]
public sealed class HttpFeedTests : IDisposable
{
    const int Payments = 120, InAnAnswer = 12, SentBefore = 4;
    const string Secret = "key-that-nobody-may-see";

    static readonly TransactionSchema s_cards = SchemaFile.Read("cards");
    static readonly string[] s_payments = Generated();

    readonly TemporaryFolder _folder = new();
    readonly CollectedLog _log = new();
    readonly PipelineHealth _health = new(TimeSpan.FromHours(1), TimeProvider.System);
    volatile int _sent;

    public static TheoryData<string> Forms => [.. ApiForms.All];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Each_form_gives_the_same_records_once(string form)
    {
        await using var api = new TestPaymentsApi(_ => AnswerIn(form));

        (await PublishedAsync(api, restarts: 0)).ShouldBe(s_payments);
    }

    [Fact]
    public async Task Faults_and_restarts_lose_and_repeat_nothing()
    {
        string[] forms = ["list", "table", "text of a table", "current_time"];
        await using var api = new TestPaymentsApi(request =>
        {
            var answer = AnswerIn(forms[request / 6 % forms.Length]);
            return (request % 6) switch
            {
                0 => new Answer("down", "500 Internal Server Error"),
                1 => answer with { Sent = answer.Body.Length / 2 },
                2 => new Answer(answer.Body[..(answer.Body.Length / 2)]),
                3 => new Answer("<html>sign in</html>"),
                4 => answer with { IsSlow = true },
                _ => answer,
            };
        });

        var published = await PublishedAsync(api, restarts: 9);

        published.ShouldBe(s_payments);
        _log.Warnings.ShouldContain(line => line.Contains("500 Internal Server Error", StringComparison.Ordinal));
        _log.Lines.ShouldAllBe(line => !line.Contains("limit=10", StringComparison.Ordinal));
        _health.Failing().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_wait_that_the_api_asks_for_is_kept()
    {
        var (asked, watch) = (new List<TimeSpan>(), Stopwatch.StartNew());
        await using var api = new TestPaymentsApi(request =>
        {
            asked.Add(watch.Elapsed);
            return request == 0 ? new Answer("", "429 Too Many Requests", "Retry-After: 1\r\n") : new Answer($"[{s_payments[0]}]");
        });
        await using var log = Open();
        using var feed = Feed(api, log);

        (await feed.WaitAsync(default)).ShouldBeTrue();

        (asked[1] - asked[0]).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(990));
        _log.Warnings.ShouldHaveSingleItem().ShouldContain("429 Too Many Requests");
    }

    [Theory]
    [InlineData("429 Too Many Requests", "Retry-After: 7\r\n", 7)]
    [InlineData("503 Service Unavailable", "", 0)]
    [InlineData("503 Service Unavailable", "Retry-After: Fri, 02 Jan 2026 03:05:05 GMT\r\n", 60)]
    [InlineData("503 Service Unavailable", "Retry-After: Thu, 01 Jan 2026 03:05:05 GMT\r\n", 0)]
    public async Task A_refusal_has_the_wait_that_it_asks_for(string status, string headers, int seconds)
    {
        await using var api = new TestPaymentsApi(_ => new Answer("", status, headers));
        using var client = new PaymentsApi(Settings(api), new ManualTime());

        (await Should.ThrowAsync<PaymentsApiException>(() => client.GetAsync(default))).RetryAfter.ShouldBe(TimeSpan.FromSeconds(seconds));
    }

    [Fact]
    public async Task The_key_is_sent_and_stands_in_no_message()
    {
        var file = Path.Combine(_folder, "api.key");
        File.WriteAllText(file, Secret + "\n");
        await using var api = new TestPaymentsApi(_ => new Answer("", "401 Unauthorized"));
        using var client = new PaymentsApi(Settings(api, $"simulate.http.key-file={file}", "simulate.http.key-header=X-Token"), TimeProvider.System);

        var refusal = await Should.ThrowAsync<PaymentsApiException>(() => client.GetAsync(default));

        api.Requests.ShouldHaveSingleItem().ShouldContain($"X-Token: {Secret}\r\n");
        refusal.ToString().ShouldNotContain(Secret);
        refusal.Message.ShouldContain("does not take the key of");
        Settings(api, $"simulate.http.key-file={file}").ToString().ShouldNotContain(Secret);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_over_the_limit_is_not_read(bool isZipped)
    {
        var body = Encoding.UTF8.GetBytes($"[{string.Join(',', s_payments[..40])}]");
        await using var api = new TestPaymentsApi(_ => isZipped ? new Answer(ApiForms.Zipped(body), Headers: "Content-Encoding: gzip\r\n") : new Answer(body));
        using var client = new PaymentsApi(Settings(api, "simulate.http.max-body=8KiB"), TimeProvider.System);

        (await Should.ThrowAsync<PaymentsApiException>(() => client.GetAsync(default))).Message.ShouldContain("max-body = 8,192");
    }

    [Fact]
    public async Task An_answer_that_never_ends_is_given_up()
    {
        await using var api = new TestPaymentsApi(_ => new Answer(new byte[1_000]) { Sent = 10, IsStuck = true });
        using var client = new PaymentsApi(Settings(api, "simulate.http.timeout=150ms"), TimeProvider.System);

        (await Should.ThrowAsync<PaymentsApiException>(() => client.GetAsync(default))).Message.ShouldContain("no whole answer within 0.15 s");
    }

    [Fact]
    public async Task A_move_is_not_followed_with_the_key()
    {
        await using var api = new TestPaymentsApi(_ => new Answer("", "302 Found", "Location: http://127.0.0.1:1/\r\n"));
        using var client = new PaymentsApi(Settings(api), TimeProvider.System);

        (await Should.ThrowAsync<PaymentsApiException>(() => client.GetAsync(default))).Message.ShouldContain("has moved");
    }

    [Fact]
    public async Task A_stop_ends_the_wait()
    {
        await using var api = new TestPaymentsApi(_ => new Answer("[]"));
        await using var log = Open();
        using var stop = new CancellationTokenSource();
        using var feed = Feed(api, log);

        var waiting = feed.WaitAsync(stop.Token).AsTask();
        await Eventually.TrueAsync(() => api.Requests.Count > 2);
        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
    }

    [Theory]
    [InlineData("must be a URL", "simulate.http.url=ftp://host/")]
    [InlineData("must be a URL", "simulate.http.url=")]
    [InlineData("must not hold a user or password", "simulate.http.url=https://me:word@host/")]
    [InlineData("payments come from one of the two", "simulate.http.url=https://host/", "simulate.input=payments.csv")]
    [InlineData("simulate.http.interval", "simulate.http.url=https://host/", "simulate.http.interval=0s")]
    [InlineData("the name of a header", "simulate.http.url=https://host/", "simulate.http.key-header=a b")]
    public void Wrong_settings_say_what_would_be_right(string says, params string[] set) =>
        Should.Throw<SettingsException>(() => SettingsOf.Set(["simulate.kind=http", .. set])).Message.ShouldContain(says);

    [Fact]
    public void Only_the_payments_sent_last_are_known()
    {
        var sent = new SentPayments(3);
        foreach (var id in (string[])["a", "b", "c", "d"])
            sent.Add(id).ShouldBeTrue();

        sent.Add("d").ShouldBeFalse();
        sent.Add("b").ShouldBeFalse();
        sent.Add("a").ShouldBeTrue();
        sent.Add("b").ShouldBeTrue();
    }

    /// <summary>The records of the topic after the API's last new payment, with the producer started anew some times, and each time with a batch made and not published.</summary>
    [Fact]
    public async Task Of_several_partitions_the_newest_payments_are_known_again_together()
    {
        const int sent = 40, remembered = 6;
        var time = new ManualTime();
        await using var log = EmbeddedMessageLog.Open(LogOf.Settings(_folder, partitions: 2), time, _ => { });
        foreach (var payment in s_payments.Take(sent))
        {
            using var batch = new RecordBatch(1);
            batch.Add(TopicNames.Transactions, Encoding.UTF8.GetBytes(JsonElement.Parse(payment).GetProperty("cc_num").ToString()), Encoding.UTF8.GetBytes(payment));
            await log.PublishAsync(batch, default);
            time.Advance(TimeSpan.FromMilliseconds(1));
        }

        await using var api = new TestPaymentsApi(_ => new Answer($"[{string.Join(',', s_payments[(sent - remembered)..(sent + 1)])}]"));
        using var feed = new HttpFeed(
            Settings(api, $"simulate.http.remember={remembered}"), s_cards, log, new BackoffSettings(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(5)),
            new ErrorThrottle(_log, ConsumerGroups.Simulate, TimeProvider.System), _health, TimeProvider.System);
        var read = new ArrayBufferWriter<byte>();

        (await feed.WaitAsync(default)).ShouldBeTrue();
        feed.TryRead(read).ShouldBeTrue();

        Encoding.UTF8.GetString(read.WrittenSpan).ShouldBe(s_payments[sent]);
        feed.TryRead(read).ShouldBeFalse();
    }

    async Task<List<string>> PublishedAsync(TestPaymentsApi api, int restarts)
    {
        await using var log = Open();
        using var limiter = new RateLimiter(Rate.Of(100), TimeProvider.System);
        for (var start = 0; _sent < Payments; start++)
        {
            var feed = Feed(api, log);
            feed.GoTo(await log.PositionAsync(ConsumerGroups.Simulate, feed.OffsetKey, default), default);
            feed.Position.ShouldBe(_sent);
            await using var batcher = new FeedBatcher(feed, TopicNames.Transactions, ConsumerGroups.Simulate, pace: null, limiter, TimeProvider.System);
            for (var batches = 0; _sent < Payments && (start >= restarts || batches < 2); batches++)
            {
                var batch = (await batcher.NextAsync())!;
                var count = batch.Count;
                await log.PublishAsync(batch, default);
                _sent += count;
            }

            if (_sent < Payments)
                (await batcher.NextAsync())!.Dispose();
        }

        var records = new List<string>();
        await foreach (var chunk in log.ReadAsync(new TopicPartition(TopicNames.Transactions, 0), 0, long.MaxValue, default))
            records.AddRange(chunk.Select(LogOf.Text));
        return records;
    }

    EmbeddedMessageLog Open() => EmbeddedMessageLog.Open(LogOf.Settings(_folder), TimeProvider.System, _ => { });

    HttpFeed Feed(TestPaymentsApi api, IMessageLog log) => new(
        Settings(api), s_cards, log, new BackoffSettings(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(5)), new ErrorThrottle(_log, ConsumerGroups.Simulate, TimeProvider.System), _health, TimeProvider.System);

    static HttpFeedSettings Settings(TestPaymentsApi api, params string[] set) =>
        SettingsOf.Set(["simulate.kind=http", $"simulate.http.url={api.Url}", "simulate.http.interval=10ms", .. set]).Simulate.Http!;

    /// <summary>The API's latest payments: some that were sent already, and the next.</summary>
    Answer AnswerIn(string form)
    {
        var from = Math.Clamp(_sent - SentBefore, 0, Payments - InAnAnswer);
        var latest = s_payments[from..(from + InAnAnswer)];
        return ApiForms.Of(form, form == ApiForms.One ? [s_payments[Math.Min(_sent, Payments - 1)]] : latest);
    }

    static string[] Generated()
    {
        var feed = new GeneratorFeed(new PaymentGenerator(new GeneratorSettings { Seed = 3, PaymentsPerDay = 1_000 }));
        var bytes = new ArrayBufferWriter<byte>();
        return
        [
            .. Enumerable.Range(0, Payments).Select(_ =>
            {
                bytes.ResetWrittenCount();
                feed.TryRead(bytes);
                return Encoding.UTF8.GetString(bytes.WrittenSpan);
            }),
        ];
    }
}
