using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace FraudStreams.Alerting.Channels.Webhook;

/// <summary>
/// Posts each message as JSON, signed according to the Standard Webhooks specification: HMAC-SHA256 of "id.timestamp.body". The id is the message's
/// name, the same for every attempt, so that the receiver can detect a second copy; the timestamp lets it refuse a replay.
/// </summary>
public sealed class WebhookTransport : IAlertTransport
{
    readonly WebhookSettings _settings;
    readonly AlertTemplate _template;
    readonly TimeProvider _time;
    readonly HttpClient _client;

    public WebhookTransport(WebhookSettings settings, AlertTemplate template, TimeProvider time)
    {
        _settings = settings;
        _template = template;
        _time = time;
        _client = new HttpClient(new SocketsHttpHandler
        {
            // A redirect would take the alert to a host that is not configured.
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = settings.Timeout,

            // DNS names are resolved again now and then: the receiver may move.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
    }

    public string Channel => _settings.ToString();

    public TimeSpan Timeout => _settings.Timeout;

    public void Dispose() => _client.Dispose();

    public async Task<Delivery> SendAsync(AlertMessage message, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_settings.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            using var response = await PostAsync(message, either.Token);
            return response.IsSuccessStatusCode
                ? Delivery.Complete
                : throw new AlertDeliveryException(FaultOf(response.StatusCode), $"{(int)response.StatusCode} {AlertText.Line(response.ReasonPhrase ?? "")}");
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new AlertDeliveryException(DeliveryFault.Unavailable, $"no answer within {_settings.Timeout.TotalSeconds:0.###} s", e);
        }
        catch (HttpRequestException e)
        {
            throw new AlertDeliveryException(DeliveryFault.Unavailable, AlertText.Line(e.GetBaseException().Message), e);
        }
    }

    /// <summary>A receiver that closes its connections without saying so, as those of HTTP/1.0 do, is asked once more on a new one; the id tells it of a copy.</summary>
    async Task<HttpResponseMessage> PostAsync(AlertMessage message, CancellationToken cancellationToken)
    {
        try
        {
            using var request = Request(message);
            return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ResponseEnded)
        {
            using var again = Request(message);
            again.Headers.ConnectionClose = true;
            return await _client.SendAsync(again, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
    }

    /// <summary>A fault of the message is final for that message; a fault of the address or the key is retried until the configuration is fixed.</summary>
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

    byte[] Body(AlertMessage message) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        type = "fraud.suspected",
        id = message.Name,
        subject = _template.Subject(message),
        alerts = message.Alerts.Select(alert => new
        {
            transaction = alert.TransactionId,
            score = alert.Score,
            subject = _template.Subject(alert),
            text = _template.Text(alert),
            values = alert.Values,
            reasons = alert.Reasons,
        }),
    });
}
