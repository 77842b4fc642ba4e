using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace FraudStreams.Alerting.Channels.Webhook;

/// <summary>
/// Posts each message as JSON, signed as the Standard Webhooks specification says: HMAC-SHA256 of "id.timestamp.body". The id is the message's, the
/// same each time that it is sent, so that the receiver can tell a second copy; the timestamp lets it refuse a replay.
/// </summary>
public sealed class WebhookTransport : IAlertTransport
{
    readonly WebhookSettings _settings;
    readonly TimeProvider _time;
    readonly HttpClient _client;

    public WebhookTransport(WebhookSettings settings, TimeProvider time)
    {
        _settings = settings;
        _time = time;
        _client = new HttpClient(new SocketsHttpHandler
        {
            // A redirect would take the alert to a host that nobody set.
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = settings.Timeout,

            // Names are looked up again now and then: the receiver may move.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
    }

    public string Channel => _settings.ToString();

    public TimeSpan Timeout => _settings.Timeout;

    public void Dispose() => _client.Dispose();

    public async Task<Delivery> SendAsync(AlertMessage message, CancellationToken token)
    {
        using var limit = new CancellationTokenSource(_settings.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(token, limit.Token);
        try
        {
            using var request = Request(message);
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return response.IsSuccessStatusCode
                ? Delivery.Complete
                : throw new AlertDeliveryException(FaultOf(response.StatusCode), $"{(int)response.StatusCode} {AlertText.Line(response.ReasonPhrase ?? "")}");
        }
        catch (OperationCanceledException e) when (!token.IsCancellationRequested)
        {
            throw new AlertDeliveryException(DeliveryFault.Unavailable, $"no answer within {_settings.Timeout.TotalSeconds:0.###} s", e);
        }
        catch (HttpRequestException e)
        {
            throw new AlertDeliveryException(DeliveryFault.Unavailable, AlertText.Line(e.GetBaseException().Message), e);
        }
    }

    /// <summary>What is wrong with the message it alone will not mend; what is wrong with the address or the key, people will.</summary>
    static DeliveryFault FaultOf(HttpStatusCode status) => status switch
    {
        HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity => DeliveryFault.Refused,
        HttpStatusCode.InternalServerError or HttpStatusCode.Conflict => DeliveryFault.Later,
        _ => DeliveryFault.Unavailable,
    };

    HttpRequestMessage Request(AlertMessage message)
    {
        var body = Body(message);
        var timestamp = _time.GetUtcNow().ToUnixTimeSeconds().ToString();
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{message.Name}.{timestamp}."), .. body];
        var request = new HttpRequestMessage(HttpMethod.Post, _settings.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("webhook-id", message.Name);
        request.Headers.Add("webhook-timestamp", timestamp);
        request.Headers.Add("webhook-signature", $"v1,{Convert.ToBase64String(HMACSHA256.HashData(_settings.Key.Bytes(), signed))}");
        return request;
    }

    static byte[] Body(AlertMessage message) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        type = "fraud.suspected",
        id = message.Name,
        subject = message.Subject,
        alerts = message.Alerts.Select(alert => new { transaction = alert.TransactionId, score = alert.Score, subject = alert.Subject, text = alert.Body }),
    });
}
