using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace FraudStreams.Api.Protocols;

/// <summary>
/// MLflow's scoring server, which SageMaker and Vertex ask for too: `POST /invocations`, `GET /ping` and `/health`. It only asks what if; an
/// error does not repeat the request, as MLflow's own server does.
/// </summary>
static class MlflowEndpoints
{
    static readonly string[] s_forms = ["dataframe_split", "dataframe_records", "instances", "inputs"];

    public static void Map(IEndpointRouteBuilder web, RequestScorer scorer)
    {
        web.MapPost("/invocations", context => InvokeAsync(context, scorer)).Describe("scoring", "Scores payments as MLflow's scoring server is asked to", null, "application/json", "text/csv");
        foreach (var path in (string[])["/ping", "/health"])
            web.MapGet(path, context => PingAsync(context, scorer)).Describe("scoring", "200 with an empty line, 404 without a model");
    }

    static Task PingAsync(HttpContext context, RequestScorer scorer)
    {
        context.Response.StatusCode = scorer.ModelVersion is null ? StatusCodes.Status404NotFound : StatusCodes.Status200OK;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync("\n", context.RequestAborted);
    }

    static async Task InvokeAsync(HttpContext context, RequestScorer scorer)
    {
        if (MediaTypeOf(context.Request) is not { } type)
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync("Content-Type must be application/json or text/csv, in UTF-8.", context.RequestAborted);
            return;
        }

        try
        {
            using var payments = scorer.NewRequest();
            var body = await RequestBody.ReadAsync(context.Request, isJson: type != "text/csv");
            RequestBody.Read(() =>
            {
                if (type == "text/csv")
                    ReadCsv(payments, body);
                else
                    ReadJson(payments, body);
            });
            payments.Check();
            var scored = await scorer.WhatIfAsync(payments, context.RequestAborted);
            context.Response.ContentType = "application/json";
            await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
            json.WriteStartObject();
            json.WriteStartArray("predictions"u8);
            for (var row = 0; row < scored.Length; row++)
                PredictEndpoint.Write(json, payments, row, scored[row]);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        catch (RequestException e)
        {
            context.Response.StatusCode = e.Status;
            context.Response.ContentType = "application/json";
            await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
            json.WriteStartObject();
            json.WriteString("error_code"u8, e.Status == StatusCodes.Status400BadRequest ? "BAD_REQUEST" : "TEMPORARILY_UNAVAILABLE");
            json.WriteString("message"u8, e.Rows.Length > 1 ? $"{e.Message}. All: {string.Join("; ", e.Rows.Take(10))}" : e.Message);
            json.WriteEndObject();
        }
    }

    static string? MediaTypeOf(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || (type.Charset.HasValue && !type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)))
            return null;
        return type.MediaType.Value?.ToLowerInvariant() is "application/json" or "text/csv" ? type.MediaType.Value.ToLowerInvariant() : null;
    }

    static void ReadCsv(RequestedPayments payments, ReadOnlyMemory<byte> body)
    {
        using var stream = MemoryMarshal.TryGetArray(body, out var array) ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false) : new MemoryStream(body.ToArray());
        try
        {
            using var rows = new CsvToJson(stream, payments.Schema, "request.csv");
            var record = new ArrayBufferWriter<byte>(1024);
            while (rows.TryRead(record))
            {
                payments.Add(record.WrittenSpan);
                record.ResetWrittenCount();
            }
        }
        catch (Exception e) when (e is SchemaException or InvalidDataException)
        {
            throw RequestedPayments.NoPayments(
                $"it has no header that fits schema {payments.Schema.Name}, whose columns are {string.Join(", ", payments.Schema.Fields.Where(field => !field.Optional).Select(field => field.Name))}");
        }
    }

    static void ReadJson(RequestedPayments payments, ReadOnlyMemory<byte> body)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(body);
        }
        catch (JsonException e)
        {
            throw RequestedPayments.NoPayments($"it is not JSON at its line {e.LineNumber + 1}");
        }

        using (document)
        {
            var root = document.RootElement;
            var forms = root.ValueKind == JsonValueKind.Object ? s_forms.Where(form => root.TryGetProperty(form, out _)).ToArray() : [];
            if (forms is not [var form])
                throw RequestedPayments.NoPayments($"it must be an object with exactly one of {string.Join(", ", s_forms)}");
            var input = root.GetProperty(form);
            if (form == "dataframe_split")
                ReadSplit(payments, input);
            else if (form == "inputs" && input.ValueKind == JsonValueKind.Object)
                ReadColumns(payments, input);
            else
                ReadRecords(payments, form, input);
        }
    }

    static void ReadRecords(RequestedPayments payments, string form, JsonElement records)
    {
        if (records.ValueKind != JsonValueKind.Array)
            throw RequestedPayments.NoPayments($"{form} is not a list");
        foreach (var record in records.EnumerateArray())
            payments.Add(JsonMarshal.GetRawUtf8Value(record));
    }

    static void ReadSplit(RequestedPayments payments, JsonElement split)
    {
        if (split.ValueKind != JsonValueKind.Object || !split.TryGetProperty("columns", out var columns) || columns.ValueKind != JsonValueKind.Array
            || columns.EnumerateArray().Any(column => column.ValueKind != JsonValueKind.String)
            || !split.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Array)
            throw RequestedPayments.NoPayments("dataframe_split must have columns, a list of names, and data, a list of rows");
        using var table = new PaymentTable(payments, columns.EnumerateArray().Select(name => name.GetString()!));
        foreach (var row in data.EnumerateArray())
        {
            if (row.ValueKind == JsonValueKind.Array && row.GetArrayLength() == table.Columns)
                table.Add(row.EnumerateArray());
            else
                payments.Refuse(new RejectReason(RejectCodes.ColumnCount, ""));
        }
    }

    /// <summary>Lists of values by column.</summary>
    static void ReadColumns(RequestedPayments payments, JsonElement inputs)
    {
        var columns = inputs.EnumerateObject().ToArray();
        if (columns.Any(column => column.Value.ValueKind != JsonValueKind.Array) || columns.Select(column => column.Value.GetArrayLength()).Distinct().Count() != 1)
            throw RequestedPayments.NoPayments("inputs must be a list of payments, or an object with a list of values for each column, all of one length");
        using var table = new PaymentTable(payments, columns.Select(column => column.Name));
        var values = columns.Select(column => column.Value.EnumerateArray().ToArray()).ToArray();
        for (var row = 0; row < values[0].Length; row++)
            table.Add(values.Select(column => column[row]));
    }
}
