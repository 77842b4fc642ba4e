using System.Text.Json;
using FraudStreams.Api.Protocols;
using FraudStreams.Messaging;
using FraudStreams.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FraudStreams.Api.Resources;

/// <summary>`/speeds`: the three valves of this process, read and turned. A valve that was turned here goes back to its setting at the next start.</summary>
sealed class SpeedsEndpoints(Valves valves)
{
    public static void Map(IEndpointRouteBuilder web, Valves valves)
    {
        var endpoints = new SpeedsEndpoints(valves);
        web.MapGet("/speeds", endpoints.WriteAsync).Describe("stream", "The rate limits of this process");
        web.MapPut("/speeds", endpoints.TurnAsync).Describe("stream", "Turns valves of this process, until its next start", null, "application/json");
    }

    async Task TurnAsync(HttpContext context)
    {
        var change = await ChangeRequest.ReadAsync(context.Request, ["speed_1", "speed_2", "speed_3"]);
        var wanted = new List<(string Name, Rate Rate)>();
        foreach (var (name, _) in valves.Now)
        {
            if (change.Text(name) is { } text)
                wanted.Add((name, Rate.TryParse(text, out var rate) ? rate : throw ChangeRequest.Wrong(name, Rate.Forms)));
        }

        if (wanted.Count == 0)
            throw ChangeRequest.Wrong("speed_1, speed_2 or speed_3", "there: one at least");
        try
        {
            foreach (var (name, rate) in wanted)
                await valves.TurnAsync(name, rate, change.Actor, change.Why);
        }
        catch (MessageLogException e)
        {
            throw new RequestException(StatusCodes.Status503ServiceUnavailable, "unavailable", "The change cannot be written down now", $"{e.Message.TrimEnd('.')}. Nothing more was turned.");
        }

        await WriteAsync(context);
    }

    async Task WriteAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        foreach (var (name, rate) in valves.Now)
            json.WriteString(name, rate.ToString());
        json.WriteString("scope"u8, "this process");
        json.WriteBoolean("survives_restart"u8, false);
        json.WriteEndObject();
    }
}
