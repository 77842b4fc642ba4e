using System.Text.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.Scoring;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FraudStreams.Api.Protocols;

/// <summary>
/// KServe's open inference protocol, version 2: the model has the schema's name, and takes one tensor a field, all of one length. It only asks
/// what if.
/// </summary>
sealed class KserveEndpoints(RequestScorer scorer)
{
    const string Score = "score";
    const string Prediction = "prediction";

    static readonly string[] s_datatypes =
        ["BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64", "BYTES"];

    public static void Map(IEndpointRouteBuilder web, RequestScorer scoring)
    {
        var endpoints = new KserveEndpoints(scoring);
        Get("/v2", endpoints.ServerAsync, "The server, in KServe's inference protocol");
        Get("/v2/health/live", context => ReadyAsync(context, true), "Whether the server lives");
        Get("/v2/health/ready", context => ReadyAsync(context, scoring.IsReady && scoring.ModelVersion is not null), "Whether the server can score");
        foreach (var model in (string[])["/v2/models/{model}", "/v2/models/{model}/versions/{version}"])
        {
            Get(model, endpoints.ModelAsync, "The model: its inputs and outputs");
            Get($"{model}/ready", endpoints.ModelReadyAsync, "Whether the model can score");
            web.MapPost($"{model}/infer", context => AnsweredAsync(context, endpoints.InferAsync)).Describe("scoring", "Scores payments, one tensor a field", null, "application/json");
        }

        void Get(string path, RequestDelegate answer, string summary) => web.MapGet(path, context => AnsweredAsync(context, answer)).Describe("scoring", summary);
    }

    static Task ReadyAsync(HttpContext context, bool isReady)
    {
        context.Response.StatusCode = isReady ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest;
        return Task.CompletedTask;
    }

    /// <summary>Errors as the protocol has them.</summary>
    static async Task AnsweredAsync(HttpContext context, RequestDelegate answer)
    {
        try
        {
            await answer(context);
        }
        catch (RequestException e)
        {
            context.Response.StatusCode = e.Status;
            await WriteAsync(context, json => json.WriteString("error"u8, e.Rows.Length > 1 ? $"{e.Message}. All: {string.Join("; ", e.Rows.Take(10))}" : e.Message));
        }
    }

    static async Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
    }

    Task ServerAsync(HttpContext context) => WriteAsync(context, json =>
    {
        json.WriteString("name"u8, "fraudstreams");
        json.WriteString("version"u8, ProgramVersion.Text);
        json.WriteStartArray("extensions"u8);
        json.WriteEndArray();
    });

    async Task ModelReadyAsync(HttpContext context)
    {
        Find(context);
        await ReadyAsync(context, scorer.IsReady);
    }

    Task ModelAsync(HttpContext context)
    {
        var (schema, version) = Find(context);
        return WriteAsync(context, json =>
        {
            json.WriteString("name"u8, schema.Name);
            json.WriteStartArray("versions"u8);
            json.WriteStringValue(version);
            json.WriteEndArray();
            json.WriteString("platform"u8, "fraudstreams");
            json.WriteStartArray("inputs"u8);
            foreach (var field in schema.Fields)
                Tensor(json, field.Name, field.Type switch { FieldType.Number => "FP64", FieldType.Integer => "INT64", _ => "BYTES" });
            json.WriteEndArray();
            json.WriteStartArray("outputs"u8);
            Tensor(json, Score, "FP64");
            Tensor(json, Prediction, "INT64");
            json.WriteEndArray();
        });

        static void Tensor(Utf8JsonWriter json, string name, string datatype)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, name);
            json.WriteString("datatype"u8, datatype);
            json.WriteStartArray("shape"u8);
            json.WriteNumberValue(-1);
            json.WriteEndArray();
            json.WriteEndObject();
        }
    }

    async Task InferAsync(HttpContext context)
    {
        var (schema, _) = Find(context);
        RequestBody.MustBeJson(context.Request);
        if (context.Request.Headers.ContainsKey("Inference-Header-Content-Length"))
            throw Refused("tensors as binary data are not taken: send them as JSON");
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(await RequestBody.ReadAsync(context.Request));
        }
        catch (JsonException e)
        {
            throw Refused($"it is not JSON at its line {e.LineNumber + 1}");
        }

        using (document)
        {
            var root = document.RootElement;
            var outputs = OutputsOf(root);
            using var payments = scorer.NewRequest();
            string? id = null;
            RequestBody.Read(() =>
            {
                Read(root, payments);
                id = root.TryGetProperty("id", out var given) && given.ValueKind == JsonValueKind.String ? given.GetString() : null;
            });
            payments.Check();
            var scored = await scorer.WhatIfAsync(payments, context.RequestAborted);
            await WriteAsync(context, json =>
            {
                json.WriteString("model_name"u8, schema.Name);
                json.WriteString("model_version"u8, scored[0].ModelVersion);
                if (id is not null)
                    json.WriteString("id"u8, id);
                json.WriteStartArray("outputs"u8);
                foreach (var output in outputs)
                    Write(json, output, scored);
                json.WriteEndArray();
            });
        }
    }

    static void Write(Utf8JsonWriter json, string output, ScoredPayment[] scored)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, output);
        json.WriteString("datatype"u8, output == Score ? "FP64" : "INT64");
        json.WriteStartArray("shape"u8);
        json.WriteNumberValue(scored.Length);
        json.WriteEndArray();
        json.WriteStartArray("data"u8);
        foreach (var payment in scored)
        {
            if (output == Score)
                json.WriteNumberValue(payment.Score);
            else
                json.WriteNumberValue(payment.IsFraud ? 1 : 0);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    static string[] OutputsOf(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw Refused("it is not a JSON object");
        if (!root.TryGetProperty("outputs", out var outputs))
            return [Score, Prediction];
        if (outputs.ValueKind != JsonValueKind.Array)
            throw Refused("outputs is not a list");
        return
        [
            .. outputs.EnumerateArray().Select(output => output.ValueKind == JsonValueKind.Object && output.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String
                ? name.ValueEquals(Score) ? Score : name.ValueEquals(Prediction) ? Prediction : null
                : null).Select(name => name ?? throw Refused($"an output is neither {Score} nor {Prediction}")),
        ];
    }

    static void Read(JsonElement root, RequestedPayments payments)
    {
        if (!root.TryGetProperty("inputs", out var inputs) || inputs.ValueKind != JsonValueKind.Array || inputs.GetArrayLength() == 0)
            throw Refused("inputs must be a list of tensors, one a field of the schema");
        var tensors = inputs.EnumerateArray().Select(TensorOf).ToArray();
        if (tensors.Select(tensor => tensor.Values.Count).Distinct().Count() != 1)
            throw Refused("the tensors are not of one length");
        using var table = new PaymentTable(payments, tensors.Select(tensor => tensor.Name));
        for (var row = 0; row < tensors[0].Values.Count; row++)
            table.Add(tensors.Select(tensor => tensor.Values[row]));
    }

    static (string Name, List<JsonElement> Values) TensorOf(JsonElement tensor, int place)
    {
        if (tensor.ValueKind != JsonValueKind.Object
            || !tensor.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String
            || !tensor.TryGetProperty("datatype", out var datatype) || datatype.ValueKind != JsonValueKind.String || !s_datatypes.Any(known => datatype.ValueEquals(known))
            || !tensor.TryGetProperty("shape", out var shape) || shape.ValueKind != JsonValueKind.Array
            || !tensor.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Array)
            throw Refused($"input {place} must have a name, a datatype ({string.Join(", ", s_datatypes)}), a shape and data");
        var values = new List<JsonElement>();
        Flatten(data, values, depth: 0);
        var sizes = shape.EnumerateArray().Select(size => size.ValueKind == JsonValueKind.Number && size.TryGetInt64(out var length) ? length : -1).ToArray();
        if (sizes.Length is 0 or > 2 || sizes[0] != values.Count || (sizes.Length == 2 && sizes[1] != 1))
            throw Refused($"input {place} must have the shape [payments] or [payments, 1], and as many values");
        return (name.GetString()!, values);
    }

    static void Flatten(JsonElement data, List<JsonElement> values, int depth)
    {
        foreach (var value in data.EnumerateArray())
        {
            if (value.ValueKind == JsonValueKind.Array && depth == 0)
                Flatten(value, values, depth + 1);
            else
                values.Add(value);
        }
    }

    static RequestException Refused(string why) => RequestedPayments.NoPayments(why);

    /// <exception cref="RequestException">There is no such model or version here.</exception>
    (TransactionSchema Schema, string Version) Find(HttpContext context)
    {
        var schema = scorer.Scorer.Schema;
        var version = scorer.ModelVersion;
        if (context.Request.RouteValues["model"] as string != schema.Name)
            throw new RequestException(StatusCodes.Status404NotFound, "no-model", "No such model", $"There is no such model; there is {schema.Name}.");
        if (version is null || (context.Request.RouteValues.TryGetValue("version", out var wanted) && wanted as string != version))
            throw new RequestException(StatusCodes.Status404NotFound, "no-model", "No such version", $"There is no such version in service; {version ?? "none"} is.");
        return (schema, version);
    }
}
