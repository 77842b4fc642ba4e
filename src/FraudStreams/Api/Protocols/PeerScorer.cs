using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text.Json;
using FraudStreams.Api.Security;
using FraudStreams.Configuration;
using FraudStreams.Hosting;
using FraudStreams.Messaging;
using FraudStreams.Model.Schemas;
using FraudStreams.Scoring;
using FraudStreams.Topics;
using FraudStreams.WindowStates;
using Microsoft.AspNetCore.Http;

namespace FraudStreams.Api.Protocols;

/// <summary>
/// Asks the host that a card's partition is assigned to what it would score, as the caller: with the key or the token that came with the request, which that
/// host checks as if it had been asked itself. Who has which partition, and where it answers, the consumer group says.
/// </summary>
sealed class PeerScorer : IDisposable
{
    /// <summary>Marks a request that another host has passed on: it is not passed on again.</summary>
    const string Forwarded = "FraudStreams-Forwarded";

    static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(2), s_timeout = TimeSpan.FromSeconds(10);

    readonly ApiSettings _settings;
    readonly LatestAnswer<ImmutableDictionary<int, PartitionOwner>> _owners;

    /// <summary>It follows no redirect, since it shows callers' keys.</summary>
    readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false, ConnectTimeout = s_connectTimeout }) { Timeout = s_timeout };

    public PeerScorer(StreamService stream, ApiSettings settings, TimeProvider time)
    {
        _settings = settings;
        _owners = new LatestAnswer<ImmutableDictionary<int, PartitionOwner>>(
            () => stream.Topics?.OwnersAsync(TopicNames.Transactions, ConsumerGroups.Score, CancellationToken.None) ?? Task.FromResult(ImmutableDictionary<int, PartitionOwner>.Empty), time);
    }

    public static bool IsForwarded(HttpRequest request) => request.Headers.ContainsKey(Forwarded);

    /// <summary>What the host of the partition says of the payments, which are all of cards of that partition.</summary>
    /// <exception cref="PartitionElsewhereException">Nobody is known to have it now.</exception>
    /// <exception cref="RequestException">Its host does not answer, or refuses.</exception>
    public async Task<ScoredPayment[]> WhatIfAsync(HttpRequest caller, TopicPartition partition, TransactionRows rows, CancellationToken cancellationToken)
    {
        if ((await _owners.GetAsync().WaitAsync(cancellationToken)).GetValueOrDefault(partition.Partition) is not { } owner)
            throw new PartitionElsewhereException(partition);
        Check(owner, partition);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(owner.Address, "predict")) { Content = Body(rows) };
        request.Headers.Add(Forwarded, "1");
        foreach (var name in (string[])["Authorization", ApiKeyHandler.Header])
        {
            if (caller.Headers.TryGetValue(name, out var shown))
                request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)shown);
        }

        try
        {
            using var answer = await _client.SendAsync(request, cancellationToken);
            return answer.StatusCode switch
            {
                HttpStatusCode.OK => Read(await answer.Content.ReadAsByteArrayAsync(cancellationToken), rows),
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => throw new RequestException(
                    StatusCodes.Status403Forbidden, "refused-elsewhere", "The host that has this card refuses the caller",
                    $"{Name(owner)}, which {partition} is assigned to, does not take the caller's key or token for this. A sign-in at the page holds on its own host alone: ask with a key or a token."),
                HttpStatusCode.TooManyRequests => throw new RequestException(
                    StatusCodes.Status429TooManyRequests, "too-many", "Too many requests", $"{Name(owner)}, which {partition} is assigned to, has answered as many as the caller may ask."),
                HttpStatusCode.ServiceUnavailable => throw Away(owner, partition, "cannot score now"),
                var status => throw Away(owner, partition, string.Create(CultureInfo.InvariantCulture, $"answered with {(int)status}")),
            };
        }
        catch (HttpRequestException e)
        {
            throw Away(owner, partition, $"does not answer ({e.HttpRequestError})");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Away(owner, partition, $"has not answered within {s_timeout.TotalSeconds:0} s");
        }
        catch (JsonException)
        {
            throw Away(owner, partition, "answered with something else than predictions");
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>A caller's key goes neither over an open line, where this host is asked over a closed one, nor to another program that has the same address here.</summary>
    void Check(PartitionOwner owner, TopicPartition partition)
    {
        if (owner.Address.IsLoopback && owner.Machine != Environment.MachineName)
            throw Away(owner, partition, "answers on its own machine alone (api.host)");
        if (_settings.Tls is not null && owner.Address.Scheme != Uri.UriSchemeHttps)
            throw Away(owner, partition, "answers without TLS, and this host with it (api.tls): it was not asked");
    }

    static RequestException Away(PartitionOwner owner, TopicPartition partition, string why) => new(
        StatusCodes.Status503ServiceUnavailable, "elsewhere", "Another host has this card, and cannot be asked",
        $"The windows of a payment's card are with {Name(owner)}, which {partition} is assigned to. It {why}. Once it is gone, its partitions go to other hosts.");

    static string Name(PartitionOwner owner) => $"the host at {owner.Address.GetLeftPart(UriPartial.Authority)}";

    static ByteArrayContent Body(TransactionRows rows)
    {
        using var body = new MemoryStream();
        for (var row = 0; row < rows.Count; row++)
        {
            body.WriteByte((byte)(row == 0 ? '[' : ','));
            body.Write(rows.Source(row));
        }

        body.WriteByte((byte)']');
        return new ByteArrayContent(body.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
    }

    static ScoredPayment[] Read(byte[] answer, TransactionRows rows)
    {
        using var json = JsonDocument.Parse(answer);
        try
        {
            var scored = json.RootElement.GetProperty("predictions").EnumerateArray().Select((prediction, row) =>
            {
                if (row >= rows.Count || !prediction.GetProperty("id").ValueEquals(rows.Id(row)))
                    throw new JsonException("not the payments that were asked for");
                var reasons = prediction.GetProperty("reasons");
                return new ScoredPayment(
                    prediction.GetProperty("score").GetDouble(), prediction.GetProperty("prediction").GetInt32() == 1, prediction.GetProperty("model_version").GetString() ?? "",
                    prediction.GetProperty("threshold").GetDouble(), reasons.GetArrayLength() == 0 ? default : JsonMarshal.GetRawUtf8Value(reasons).ToArray());
            }).ToArray();
            return scored.Length == rows.Count ? scored : throw new JsonException("not all payments that were asked for");
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new JsonException("no predictions", e);
        }
    }
}
