using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using FraudStreams.Configuration;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace FraudStreams.Api.Protocols;

/// <summary>The whole body of a request, up to api.max-body.</summary>
static class RequestBody
{
    /// <summary>
    /// So many times the limit are read and dropped, so that whoever sends too much can read why: a connection that is closed while it sends tells him
    /// nothing. What is longer still is cut off.
    /// </summary>
    public const int Dropped = 4;

    /// <param name="isJson">Whether it is JSON, where a bare NaN is read as text.</param>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, bool isJson = true)
    {
        if (request.Headers.ContentEncoding is { Count: > 0 } encoding && encoding != "identity")
            throw new RequestException(StatusCodes.Status415UnsupportedMediaType, "media-type", "A body that is packed", "Send the body as it is, without Content-Encoding.");
        var most = request.HttpContext.RequestServices.GetRequiredService<ApiSettings>().MaxBodyBytes;
        var isTooLong = request.ContentLength > most;
        while (true)
        {
            var read = await request.BodyReader.ReadAsync(request.HttpContext.RequestAborted);
            isTooLong |= read.Buffer.Length > most;
            if (read.IsCompleted)
            {
                var body = isTooLong ? [] : read.Buffer.ToArray();
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return isTooLong ? throw TooLong(most) : isJson ? Unicode(NotANumber.Quoted(body)) : body;
            }

            request.BodyReader.AdvanceTo(isTooLong ? read.Buffer.End : read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>Reads a request. That a name stands twice in an object is found only where it is used.</summary>
    /// <exception cref="RequestException">It cannot be read.</exception>
    public static void Read(Action read)
    {
        try
        {
            read();
        }
        catch (ArgumentException)
        {
            throw RequestedPayments.NoPayments("a name stands twice in it");
        }
    }

    public static RequestException TooLong(long most) =>
        new(StatusCodes.Status413PayloadTooLarge, "too-long", "The request is too long", $"A request has at most {most:N0} bytes (api.max-body).");

    /// <exception cref="RequestException">It is not JSON by its own words.</exception>
    public static void MustBeJson(HttpRequest request)
    {
        if (!request.HasJsonContentType())
            throw new RequestException(StatusCodes.Status415UnsupportedMediaType, "media-type", "Not JSON", "The header Content-Type must be application/json.");
    }

    /// <summary>Whoever reads JSON meets a text that is no Unicode somewhere else, with an exception of another kind: it is looked for once, here.</summary>
    static ReadOnlyMemory<byte> Unicode(ReadOnlyMemory<byte> json) =>
        Utf8.IsValid(json.Span) && !(json.Span.IndexOf("\\u"u8) >= 0 && HasHalfPair(json.Span)) ? json : throw RequestedPayments.NoPayments("a name or a text in it is not Unicode");

    /// <summary>Whether a name or a text has half of a surrogate pair, as in "\ud800". What is not JSON is said by who reads it.</summary>
    static bool HasHalfPair(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String && reader.ValueIsEscaped)
                    reader.GetString();
            }
        }
        catch (JsonException)
        {
            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }

        return false;
    }
}
