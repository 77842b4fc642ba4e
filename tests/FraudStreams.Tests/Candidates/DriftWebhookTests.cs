using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FraudStreams.Alerting.Channels.Webhook;
using FraudStreams.Candidates;
using FraudStreams.Configuration;
using FraudStreams.Pipelines;
using FraudStreams.Storage;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.Storage;
using FraudStreams.Tests.WholeProgram;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Candidates;

/// <summary>Against a real HTTP server.</summary>
[Trait("Category", "Integration")]
public sealed class DriftWebhookTests : IAsyncLifetime, IDisposable
{
    const int Learnt = 30;
    const string Secret = "the-hook's-secret";

    readonly TemporaryFolder _folder = new();
    readonly HttpListener _receiver = new();
    readonly int _port = SmtpServer.FreePort();
    readonly FraudSettings _settings = SettingsOf.Set("model.trees=40", "model.leaves=8", "models.gate.every=1d", "models.gate.label-delay=3d");
    SimulatedStream _stream = null!;

    public async Task InitializeAsync()
    {
        var time = new ManualTime { Start = DriftingPayments.Start.AddDays(Learnt) };
        var settings = _settings with { DataDirectory = _folder };
        _stream = new SimulatedStream(_folder, DriftingPayments.Schema, settings, StreamTopics.OpenRegistry(settings, NullLogger.Instance, time), time);
        await _stream.StartAsync(DriftingPayments.Days(0, Learnt));
        for (var day = Learnt; day < Learnt + 9; day++)
            await _stream.ScoreDayAsync(day < Learnt + 5 ? DriftingPayments.Day(day) : [.. DriftingPayments.Day(day).Select(DriftingPayments.Doubled)]);
    }

    public async Task DisposeAsync() => await _stream.DisposeAsync();

    public void Dispose()
    {
        _receiver.Close();
        _folder.Dispose();
    }

    [Fact]
    public async Task Each_alarm_reaches_the_webhook_once_although_the_receiver_was_away_and_the_program_restarted()
    {
        using (var away = Webhook())
            (await _stream.Watch(away).LookAsync(_settings.Candidates, default)).ShouldNotBeNull().ShouldStartWith("drift of amount (");
        _stream.Log.Warnings.Last().ShouldContain("alarms wait, and it is tried again");
        _receiver.Prefixes.Add($"http://127.0.0.1:{_port}/");
        _receiver.Start();
        var received = ReceiveAsync();

        using (var back = Webhook())
        {
            for (var look = 0; look < 2; look++)
                await _stream.Watch(back).LookAsync(_settings.Candidates, default);
        }

        _receiver.Stop();
        var posts = await received;
        posts.Select(post => post.Id).ShouldBeUnique();
        var first = JsonElement.Parse(posts[0].Body);
        first.GetProperty("type").GetString().ShouldBe("drift.confirmed");
        first.GetProperty("id").GetString().ShouldBe(posts[0].Id);
        first.GetProperty("drift").GetProperty("feature").GetString().ShouldBe("amount");
        first.GetProperty("drift").GetProperty("model_version").GetString().ShouldBe(_stream.State.Champion);
        posts[0].Signature.ShouldBe(
            $"v1,{Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes($"{posts[0].Id}.{posts[0].Timestamp}.{posts[0].Body}")))}");
        posts.Count.ShouldBe(_stream.Drift.Count(finding => finding.IsAlarm));
        _stream.Log.Warnings.Count(line => line.StartsWith("Drift of amount against", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task What_the_receiver_refuses_for_good_is_said_and_not_sent_again()
    {
        _receiver.Prefixes.Add($"http://127.0.0.1:{_port}/");
        _receiver.Start();
        var received = ReceiveAsync(status: 400);

        using (var webhook = Webhook())
        {
            for (var look = 0; look < 2; look++)
                await _stream.Watch(webhook).LookAsync(_settings.Candidates, default);
        }

        _receiver.Stop();
        (await received).Select(post => post.Id).ShouldBeUnique();
        _stream.Log.Warnings.ShouldContain(line => line.StartsWith("webhook 127.0.0.1 refused the drift of amount for good: 400", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_alarm_that_the_receiver_does_not_take_now_holds_up_no_other()
    {
        for (var day = Learnt + 9; day < Learnt + 14; day++)
            await _stream.ScoreDayAsync([.. DriftingPayments.Day(day).Select(payment => DriftingPayments.FieldDoubled(DriftingPayments.Doubled(payment), "c"))]);
        _receiver.Prefixes.Add($"http://127.0.0.1:{_port}/");
        _receiver.Start();
        var received = ReceiveAsync(first: 500);

        using (var webhook = Webhook())
        {
            for (var look = 0; look < 2; look++)
                await _stream.Watch(webhook).LookAsync(_settings.Candidates, default);
        }

        _receiver.Stop();
        var ids = (await received).ConvertAll(post => post.Id);
        ids.Count.ShouldBeGreaterThan(2);
        ids[..^1].ShouldBeUnique();
        ids[^1].ShouldBe(ids[0]);
    }

    [Fact]
    public async Task An_alarm_that_was_raised_is_told_although_the_store_cannot_be_read()
    {
        using (var away = Webhook())
            await _stream.Watch(away).LookAsync(_settings.Candidates, default);
        var alarms = _stream.Drift.Count(finding => finding.IsAlarm);
        _receiver.Prefixes.Add($"http://127.0.0.1:{_port}/");
        _receiver.Start();
        var received = ReceiveAsync();
        Predictions.Rows(_folder, "ALTER TABLE transactions RENAME TO elsewhere");

        using (var webhook = Webhook())
            await Should.ThrowAsync<StoreException>(() => _stream.Watch(webhook).LookAsync(_settings.Candidates, default));

        _receiver.Stop();
        (await received).Count.ShouldBe(alarms);
    }

    DriftWebhook Webhook() => new(new WebhookSettings(new Uri($"http://127.0.0.1:{_port}/hook"), new WebhookKey(new SecretValue(Secret)), TimeSpan.FromSeconds(10)), TimeProvider.System);

    /// <summary>Answers everything until the receiver stops.</summary>
    async Task<List<(string Id, string Timestamp, string Signature, string Body)>> ReceiveAsync(int status = 204, int? first = null)
    {
        var posts = new List<(string, string, string, string)>();
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _receiver.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return posts;
            }

            using var reader = new StreamReader(context.Request.InputStream);
            posts.Add((context.Request.Headers["webhook-id"]!, context.Request.Headers["webhook-timestamp"]!, context.Request.Headers["webhook-signature"]!, await reader.ReadToEndAsync()));
            context.Response.StatusCode = posts.Count == 1 ? first ?? status : status;
            context.Response.Close();
        }
    }
}
