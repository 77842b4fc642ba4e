using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace FraudStreams.Api.Doors;

/// <summary>The whole body of a request; Kestrel holds it to api.max-body.</summary>
static class RequestBody
{
    /// <param name="isJson">Whether it is JSON, where a bare NaN is read as text.</param>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, bool isJson = true)
    {
        if (request.Headers.ContentEncoding is { Count: > 0 } encoding && encoding != "identity")
            throw new RequestException(StatusCodes.Status415UnsupportedMediaType, "media-type", "A body that is packed", "Send the body as it is, without Content-Encoding.");
        while (true)
        {
            var read = await request.BodyReader.ReadAsync(request.HttpContext.RequestAborted);
            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return isJson ? NotANumber.Quoted(body) : body;
            }

            request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <exception cref="RequestException">It is not JSON by its own words.</exception>
    public static void MustBeJson(HttpRequest request)
    {
        if (!request.HasJsonContentType())
            throw new RequestException(StatusCodes.Status415UnsupportedMediaType, "media-type", "Not JSON", "The header Content-Type must be application/json.");
    }
}
