using System.Net;
using System.Net.Http.Headers;
using FraudStreams.Configuration;

namespace FraudStreams.Simulation.Http;

/// <summary>An API did not answer as it should; the message says how, without what it sent.</summary>
/// <param name="retryAfter">What it asked to wait for; zero where it asked for nothing.</param>
public sealed class PaymentsApiException(string message, TimeSpan retryAfter = default, Exception? cause = null) : Exception(message, cause)
{
    public TimeSpan RetryAfter => retryAfter;
}

/// <summary>Asks a payments API for its answer. One caller at a time.</summary>
sealed class PaymentsApi : IDisposable
{
    readonly HttpFeedSettings _settings;
    readonly TimeProvider _time;
    readonly HttpClient _client;
    byte[] _body = new byte[64 * 1024];

    public PaymentsApi(HttpFeedSettings settings, TimeProvider time)
    {
        _settings = settings;
        _time = time;
        _client = ConfiguredHost.Client(settings.Timeout, DecompressionMethods.All);
    }

    public void Dispose() => _client.Dispose();

    /// <summary>The whole answer; valid until the next call.</summary>
    /// <exception cref="PaymentsApiException">There is none: no connection, a status other than success, too late, too long, or cut off.</exception>
    public async Task<ReadOnlyMemory<byte>> GetAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_settings.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            using var request = Request();
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (!response.IsSuccessStatusCode)
                throw Refused(response);
            return await BodyAsync(response, either.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PaymentsApiException($"{_settings.Name} has sent no whole answer within {_settings.Timeout.TotalSeconds:0.###} s", cause: e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or InvalidDataException)
        {
            throw new PaymentsApiException($"{_settings.Name}: {e.GetBaseException().Message.ReplaceLineEndings(" ")}", cause: e);
        }
    }

    HttpRequestMessage Request()
    {
        var request = new HttpRequestMessage(HttpMethod.Get, _settings.Url);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (!_settings.Key.IsEmpty)
            request.Headers.TryAddWithoutValidation(_settings.KeyHeader, _settings.Key.Reveal());
        return request;
    }

    async Task<ReadOnlyMemory<byte>> BodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentLength > _settings.MaxBody)
            throw TooLong();
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var length = 0;
        while (await stream.ReadAsync(_body.AsMemory(length), cancellationToken) is > 0 and var read)
        {
            length += read;
            if (length > _settings.MaxBody)
                throw TooLong();
            if (length == _body.Length)
                Array.Resize(ref _body, (int)Math.Min(_body.Length * 2L, _settings.MaxBody + 1L));
        }

        return _body.AsMemory(0, length);
    }

    PaymentsApiException TooLong() => new($"{_settings.Name} sends more than simulate.http.max-body = {_settings.MaxBody:N0} bytes at once: ask it for fewer payments, or raise the limit");

    PaymentsApiException Refused(HttpResponseMessage response)
    {
        var after = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - _time.GetUtcNow(),
            _ => TimeSpan.Zero,
        };
        var status = $"{_settings.Name} answers {(int)response.StatusCode} {response.ReasonPhrase}".TrimEnd();
        return new PaymentsApiException(
            (int)response.StatusCode switch
            {
                401 or 403 when _settings.Key.IsEmpty => $"{status}: it may want a key, which FRAUDSTREAMS_SIMULATE_HTTP_KEY or simulate.http.key-file gives",
                401 or 403 => $"{status}: it does not take the key of {_settings.Key.Source} in header {_settings.KeyHeader}",
                >= 300 and < 400 => $"{status}: it has moved; set simulate.http.url to its new address",
                _ => status,
            },
            after > TimeSpan.Zero ? after : TimeSpan.Zero);
    }
}
