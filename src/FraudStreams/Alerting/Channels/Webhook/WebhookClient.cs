using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using FraudStreams.Configuration;

namespace FraudStreams.Alerting.Channels.Webhook;

/// <summary>
/// Posts JSON to the webhook, signed according to the Standard Webhooks specification: HMAC-SHA256 of "id.timestamp.body". The timestamp lets the receiver
/// refuse a replay.
/// </summary>
public sealed class WebhookClient : IDisposable
{
    readonly WebhookSettings _settings;
    readonly TimeProvider _time;
    readonly HttpClient _client;

    public WebhookClient(WebhookSettings settings, TimeProvider time)
    {
        _settings = settings;
        _time = time;
        _client = ConfiguredHost.Client(settings.Timeout);
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Completes when the receiver has accepted the body.</summary>
    /// <param name="id">The same for every attempt, so that the receiver can detect a second copy.</param>
    /// <param name="body">JSON.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="AlertDeliveryException">The receiver has not accepted it.</exception>
    public async Task PostAsync(string id, byte[] body, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_settings.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            using var response = await SendAsync(id, body, either.Token);
            if (!response.IsSuccessStatusCode)
                throw new AlertDeliveryException(FaultOf(response.StatusCode), $"{(int)response.StatusCode} {AlertText.Line(response.ReasonPhrase ?? "")}");
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
    async Task<HttpResponseMessage> SendAsync(string id, byte[] body, CancellationToken cancellationToken)
    {
        try
        {
            using var request = Request(id, body);
            return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ResponseEnded)
        {
            using var again = Request(id, body);
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

    HttpRequestMessage Request(string id, byte[] body)
    {
        var timestamp = _time.GetUtcNow().ToUnixTimeSeconds().ToString();
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body];
        var request = new HttpRequestMessage(HttpMethod.Post, _settings.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", timestamp);
        request.Headers.Add("webhook-signature", $"v1,{Convert.ToBase64String(HMACSHA256.HashData(_settings.Key.Bytes(), signed))}");
        return request;
    }
}
