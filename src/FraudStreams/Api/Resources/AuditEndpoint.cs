using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using FraudStreams.Access.Audit;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FraudStreams.Api.Resources;

/// <summary>`/audit`: who changed what, of all hosts, latest first, in pages.</summary>
sealed class AuditEndpoint(ImmutableArray<IAuditSource> sources)
{
    const int UsualLimit = 50;
    const int MostLimit = 500;

    static readonly string[] s_query = ["actor", "action", "subject", "from", "to", "limit", "page_id"];

    public static void Map(IEndpointRouteBuilder web, IEnumerable<IAuditSource> sources) =>
        web.MapGet("/audit", new AuditEndpoint([.. sources]).ListAsync).Describe("stream", "Changes: who did what, before and after, latest first", s_query);

    async Task ListAsync(HttpContext context)
    {
        var query = new QueryValues(context.Request.Query, s_query);
        var limit = query.Whole("limit", 1, MostLimit) ?? UsualLimit;
        var before = PageOf(query.Text("page_id")) ?? (query.Time("to") is { } to ? DateTimeOffset.FromUnixTimeMilliseconds(to) : null);
        var filter = new AuditFilter(
            query.Text("actor"), query.Text("action"), query.Text("subject"), query.Time("from") is { } from ? DateTimeOffset.FromUnixTimeMilliseconds(from) : null, before);
        ImmutableArray<AuditEntry> found;
        try
        {
            found = await AuditTrail.ReadAsync(sources, filter, context.RequestAborted);
        }
        catch (MessageLogException e)
        {
            throw new RequestException(StatusCodes.Status503ServiceUnavailable, "unavailable", "The audit log cannot be read now", e.Message);
        }

        // A page ends between two moments, so that none of several changes at one is left out.
        var page = found.Length <= limit ? found : [.. found.TakeWhile((entry, place) => place < limit || entry.At == found[limit - 1].At)];
        var answer = new
        {
            Data = page,
            Pagination = new { HasMore = page.Length < found.Length, NextPageId = page.Length < found.Length ? page[^1].At.UtcTicks.ToString(CultureInfo.InvariantCulture) : null },
        };
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(JsonSerializer.Serialize(answer, SnakeCaseJson.Options), context.RequestAborted);
    }

    static DateTimeOffset? PageOf(string? pageId) => pageId is null ? null
        : long.TryParse(pageId, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) && ticks <= DateTime.MaxValue.Ticks ? new DateTimeOffset(ticks, TimeSpan.Zero)
        : throw QueryValues.Wrong("page_id", "what next_page_id of the page before said");
}
