using System.Buffers;
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
                return isTooLong ? throw TooLong(most) : isJson ? NotANumber.Quoted(body) : body;
            }

            request.BodyReader.AdvanceTo(isTooLong ? read.Buffer.End : read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>Reads a request. Names and texts that are no Unicode, such as half of a surrogate pair, are found only where they are used.</summary>
    /// <exception cref="RequestException">It cannot be read.</exception>
    public static void Read(Action read)
    {
        try
        {
            read();
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            throw RequestedPayments.NoPayments("a name or a text in it is not Unicode, or a name stands twice");
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
}
