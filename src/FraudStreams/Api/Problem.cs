using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace FraudStreams.Api;

/// <summary>What is wrong with one payment of a request. Never holds anything of the request but names of the schema's fields.</summary>
/// <param name="Row">Its place in the request, from 0.</param>
/// <param name="Field">The field of the schema; null where it is the whole payment.</param>
/// <param name="Code">One of <see cref="Model.Json.RejectCodes"/>, or `duplicate-id`.</param>
sealed record RowProblem(int Row, string? Field, string Code, string Message)
{
    public override string ToString() => Field is null ? $"row {Row}: {Message}" : $"row {Row}, {Field}: {Message}";
}

/// <summary>Ends a request with an error of ours; protocols of others have their own form.</summary>
sealed class RequestException(int status, string code, string title, string detail, ImmutableArray<RowProblem> rows = default) : Exception(detail)
{
    public int Status => status;

    /// <summary>A stable word.</summary>
    public string Code => code;

    public string Title => title;

    public ImmutableArray<RowProblem> Rows => rows.IsDefault ? [] : rows;
}

/// <summary>Problem details as RFC 9457 defines them.</summary>
static class Problem
{
    public const string ContentType = "application/problem+json";

    public static Task WriteAsync(HttpContext context, RequestException e) => WriteAsync(context, e.Status, e.Code, e.Title, e.Message, e.Rows);

    public static async Task WriteAsync(HttpContext context, int status, string code, string title, string detail, ImmutableArray<RowProblem> rows = default)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = ContentType;
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("type"u8, $"urn:fraudstreams:problem:{code}");
        json.WriteString("title"u8, title);
        json.WriteNumber("status"u8, status);
        json.WriteString("detail"u8, detail);
        if (!rows.IsDefaultOrEmpty)
        {
            json.WriteStartArray("errors"u8);
            foreach (var row in rows)
            {
                json.WriteStartObject();
                json.WriteNumber("row"u8, row.Row);
                json.WriteString("field"u8, row.Field);
                json.WriteString("code"u8, row.Code);
                json.WriteString("message"u8, row.Message);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
