using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FraudStreams.Alerting;
using FraudStreams.Alerting.Channels;
using FraudStreams.Alerting.Channels.Webhook;
using FraudStreams.Configuration;
using FraudStreams.Tests.Alerting.Outbox;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting.Channels.Webhook;

/// <summary>Against a real HTTP server.</summary>
[Trait("Category", "Unit")]
public sealed class WebhookTransportTests : IDisposable
{
    const string Secret = "the-hook's-secret";

    readonly HttpListener _listener = new();
    readonly int _port = SmtpServer.FreePort();

    public WebhookTransportTests()
    {
        _listener.Prefixes.Add($"http://127.0.0.1:{_port}/");
        _listener.Start();
    }

    public void Dispose() => _listener.Close();

    [Fact]
    public async Task A_message_is_posted_as_JSON_and_signed_with_its_time()
    {
        using var transport = Transport();
        var sending = transport.SendAsync(AlertMessage.Of(AlertsOf.Many("a", "b"), []), CancellationToken.None);

        var (headers, body) = await AnswerAsync(204);

        (await sending).ShouldBe(Delivery.Complete);
        var (id, timestamp) = (headers["webhook-id"]!, headers["webhook-timestamp"]!);
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes($"{id}.{timestamp}.{body}"));
        headers["webhook-signature"].ShouldBe($"v1,{Convert.ToBase64String(signature)}");
        headers["Content-Type"].ShouldBe("application/json");
        Math.Abs(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - long.Parse(timestamp)).ShouldBeLessThan(60);
        using var json = JsonDocument.Parse(body);
        json.RootElement.GetProperty("alerts").EnumerateArray().Select(alert => alert.GetProperty("transaction").GetString()).ShouldBe(["a", "b"]);
        body.ShouldNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes("card of a")));
    }

    [Theory]
    [InlineData(400, DeliveryFault.Refused)]
    [InlineData(422, DeliveryFault.Refused)]
    [InlineData(401, DeliveryFault.Unavailable)]
    [InlineData(302, DeliveryFault.Unavailable)]
    [InlineData(429, DeliveryFault.Unavailable)]
    [InlineData(503, DeliveryFault.Unavailable)]
    [InlineData(500, DeliveryFault.Later)]
    public async Task The_status_code_says_whether_to_retry(int status, DeliveryFault fault)
    {
        using var transport = Transport();
        var sending = transport.SendAsync(AlertMessage.Of(AlertsOf.Many("a"), []), CancellationToken.None);

        await AnswerAsync(status);

        var failure = await Should.ThrowAsync<AlertDeliveryException>(sending);
        failure.Fault.ShouldBe(fault);
        failure.Message.ShouldStartWith($"{status}");
    }

    [Fact]
    public async Task A_silent_receiver_times_out_and_neither_token_nor_secret_is_shown()
    {
        using var transport = Transport(timeoutMilliseconds: 200);

        var failure = await Should.ThrowAsync<AlertDeliveryException>(
            () => transport.SendAsync(AlertMessage.Of(AlertsOf.Many("a"), []), CancellationToken.None));

        failure.Fault.ShouldBe(DeliveryFault.Unavailable);
        failure.Message.ShouldBe("no answer within 0.2 s");
        transport.Channel.ShouldBe("webhook 127.0.0.1");
        failure.ToString().ShouldNotContain("token-in-the-path");
    }

    [Fact]
    public async Task A_receiver_that_refuses_the_connection_is_unavailable()
    {
        _listener.Stop();
        using var transport = Transport();

        var failure = await Should.ThrowAsync<AlertDeliveryException>(
            () => transport.SendAsync(AlertMessage.Of(AlertsOf.Many("a"), []), CancellationToken.None));

        failure.Fault.ShouldBe(DeliveryFault.Unavailable);
        failure.ToString().ShouldNotContain(Secret);
    }

    WebhookTransport Transport(int timeoutMilliseconds = 60_000) => new(
        new WebhookSettings(new Uri($"http://127.0.0.1:{_port}/hook/token-in-the-path"), new WebhookKey(new SecretValue(Secret)), TimeSpan.FromMilliseconds(timeoutMilliseconds)),
        AlertsOf.Template, TimeProvider.System);

    async Task<(WebHeaderCollection Headers, string Body)> AnswerAsync(int status)
    {
        var context = await _listener.GetContextAsync().WaitAsync(TimeSpan.FromSeconds(60));
        using var reader = new StreamReader(context.Request.InputStream);
        var body = await reader.ReadToEndAsync();
        var headers = new WebHeaderCollection();
        foreach (var name in context.Request.Headers.AllKeys)
            headers[name!] = context.Request.Headers[name];
        context.Response.StatusCode = status;
        context.Response.Close();
        return (headers, body);
    }
}
