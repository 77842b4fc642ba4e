using System.Text.Json;
using FraudStreams.Api.Security;
using FraudStreams.Scoring;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FraudStreams.Api.Protocols;

/// <summary>`POST /predict`: a payment, or an array of them, as topic `transactions` has them.</summary>
static class PredictEndpoint
{
    public static void Map(IEndpointRouteBuilder web, RequestScorer scorer) => web.MapPost("/predict", context => PredictAsync(context, scorer))
        .Describe("scoring", "Scores payments with the stream's windows and model: what-if records nothing, record lets the stream score them", ["mode", "format"], "application/json");

    static async Task PredictAsync(HttpContext context, RequestScorer scorer)
    {
        var request = context.Request;
        RequestBody.MustBeJson(request);
        var isRecord = OneOf(request, "mode", "what-if", "record") == "record";
        if (isRecord)
            context.Demand("POST /predict?mode=record");
        var isLabels = OneOf(request, "format", "full", "labels") == "labels";
        using var payments = scorer.NewRequest(isRecord);
        payments.ReadJson((await RequestBody.ReadAsync(request)).Span);
        var scored = isRecord ? await scorer.RecordAsync(payments, context) : await scorer.WhatIfAsync(payments, context);
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteStartArray("predictions"u8);
        for (var row = 0; row < scored.Length; row++)
        {
            if (isLabels)
                json.WriteNumberValue(scored[row].IsFraud ? 1 : 0);
            else
                Write(json, payments, row, scored[row]);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, RequestedPayments payments, int row, ScoredPayment scored)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, payments.Rows.Id(row));
        json.WriteNumber("score"u8, scored.Score);
        json.WriteNumber("prediction"u8, scored.IsFraud ? 1 : 0);
        json.WriteString("model_version"u8, scored.ModelVersion);
        json.WriteNumber("threshold"u8, scored.Threshold);
        json.WritePropertyName("reasons"u8);
        if (scored.Reasons.IsEmpty)
        {
            json.WriteStartArray();
            json.WriteEndArray();
        }
        else
        {
            json.WriteRawValue(scored.Reasons.Span, skipInputValidation: true);
        }

        json.WriteEndObject();
    }

    static string OneOf(HttpRequest request, string name, string usual, string other) => request.Query[name] switch
    {
        { Count: 0 } => usual,
        [var value] when value == usual || value == other => value,
        _ => throw new RequestException(StatusCodes.Status400BadRequest, "query", "A query that makes no sense", $"{name} must be {usual}, as without it, or {other}."),
    };
}
