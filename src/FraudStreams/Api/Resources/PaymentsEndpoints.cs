using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using FraudStreams.Access.Audit;
using FraudStreams.Messaging;
using FraudStreams.Model.Schemas;
using FraudStreams.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FraudStreams.Api.Resources;

/// <summary>
/// Stored payments, latest first, in pages: `/payments`, `/payments/{id}` with reasons and labels, and `/alerts`, the predicted frauds. `/payments/{id}/unmask`
/// shows secret fields in clear, once who asked and why is written down.
/// </summary>
sealed class PaymentsEndpoints(IPaymentReader store, TransactionSchema schema, AuditLog audit, TimeProvider time)
{
    const int UsualLimit = 50;
    const int MostLimit = 500;
    const int ShownDigits = 4;

    /// <summary>What stands behind the time in a page id: the payment's id, or its place.</summary>
    const char ById = ':', ByPlace = '#';

    static readonly string[] s_query = ["id", "card", "merchant", "from", "to", "min_score", "max_score", "prediction", "limit", "page_id"];

    readonly PaymentJson _json = new(schema);

    public static void Map(IEndpointRouteBuilder web, IPaymentReader store, TransactionSchema schema, AuditLog audit, TimeProvider time)
    {
        var endpoints = new PaymentsEndpoints(store, schema, audit, time);
        web.MapGet("/payments", context => endpoints.ListAsync(context, isFraud: null)).Describe("payments", "Stored payments, latest first", s_query);
        web.MapGet("/alerts", context => endpoints.ListAsync(context, isFraud: true)).Describe("payments", "Predicted frauds, latest first", s_query);
        web.MapGet("/payments/{id}", endpoints.ShowAsync).Describe("payments", "A payment with its fields, reasons and labels");
        web.MapPost("/payments/{id}/unmask", endpoints.UnmaskAsync).Describe("payments", "A payment with its secret fields in clear; who asked and why is kept", null, "application/json");
    }

    internal async Task ListAsync(HttpContext context, bool? isFraud)
    {
        var query = new QueryValues(context.Request.Query, s_query);
        var limit = query.Whole("limit", 1, MostLimit) ?? UsualLimit;
        var filter = new PaymentFilter(
            query.Text("id"), CardOf(query.Text("card")), query.Text("merchant"), query.Time("from"), query.Time("to"), query.Number("min_score"), query.Number("max_score"),
            isFraud ?? (query.Whole("prediction", 0, 1) is { } prediction ? prediction == 1 : null));
        var page = PageOf(query.Text("page_id"));
        var found = await AnsweredAsync(async () =>
            await store.FindAsync(filter with { Before = page is { } before ? await PositionOfAsync(filter, before, context.RequestAborted) : null }, limit + 1, context.RequestAborted));
        var nextPage = found.Count > limit ? await PageIdOfAsync(filter, found[limit - 1], context.RequestAborted) : null;
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteStartArray("data"u8);
        foreach (var payment in found.Take(limit))
            _json.Write(json, payment, isWhole: false);
        json.WriteEndArray();
        json.WriteStartObject("pagination"u8);
        json.WriteBoolean("has_more"u8, found.Count > limit);
        json.WriteString("next_page_id"u8, nextPage);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    async Task ShowAsync(HttpContext context) => await WriteAsync(context, await FoundAsync(context), _json);

    async Task UnmaskAsync(HttpContext context)
    {
        var request = await ChangeRequest.ReadAsync(context.Request);
        var payment = await FoundAsync(context);
        await WriteDownAsync(audit, time, ShownIdOf(payment), request.Actor, request.Why);
        await WriteAsync(context, payment, new PaymentJson(schema, isUnmasked: true));
    }

    /// <summary>Keeps that somebody sees a payment's secret fields, and why. Before they do.</summary>
    /// <exception cref="RequestException">It cannot be kept: nothing may be shown.</exception>
    internal static async Task WriteDownAsync(AuditLog audit, TimeProvider time, string id, string actor, string why)
    {
        try
        {
            await audit.AppendAsync(new AuditEntry(time.GetUtcNow(), actor, "payment.unmasked", id) { Why = why });
        }
        catch (MessageLogException e)
        {
            throw new RequestException(StatusCodes.Status503ServiceUnavailable, "unavailable", "It cannot be written down now", $"{e.Message.TrimEnd('.')}. Nothing is unmasked without that.");
        }
    }

    static string IdOf(HttpContext context) => (string)context.Request.RouteValues["id"]!;

    async Task<StoredPayment> FoundAsync(HttpContext context) => await AnsweredAsync(() => store.FindAsync(new PaymentFilter(IdOf(context)), 1, context.RequestAborted)) is [var payment]
        ? payment
        : throw new RequestException(StatusCodes.Status404NotFound, "no-payment", "No such payment", "No payment with this id is stored, or not yet.");

    async Task WriteAsync(HttpContext context, StoredPayment payment, PaymentJson form)
    {
        var labels = await AnsweredAsync(() => store.LabelsOfAsync(IdOf(context), context.RequestAborted));
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        form.Write(json, payment, isWhole: true, labels);
    }

    static async Task<T> AnsweredAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (StoreException e)
        {
            throw new RequestException(StatusCodes.Status503ServiceUnavailable, "unavailable", "The store cannot be read now", e.Message);
        }
    }

    /// <summary>As a card is shown: no request, which others log, holds more of one.</summary>
    static string? CardOf(string? card)
    {
        if (card is null)
            return null;
        var digits = card.Replace("*", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);
        return digits.Length == ShownDigits && !digits.AsSpan().ContainsAnyExceptInRange('0', '9')
            ? digits
            : throw QueryValues.Wrong("card", $"the last {ShownDigits} digits of a card, such as ****7771");
    }

    /// <summary>The time of a page's last payment and its id, or, where that may not be shown, its place among the payments of its time.</summary>
    async Task<string> PageIdOfAsync(PaymentFilter filter, StoredPayment last, CancellationToken cancellationToken)
    {
        var (time, id) = (TimeOf(last), IdOf(last));
        if (ShownIdOf(last) == id)
            return Encoded($"{time}{ById}{id}");
        var ofTime = await AnsweredAsync(() => store.FindAsync(filter with { From = time, To = time + 1 }, int.MaxValue, cancellationToken));
        return Encoded(string.Create(CultureInfo.InvariantCulture, $"{time}{ByPlace}{1 + ofTime.TakeWhile(payment => IdOf(payment) != id).Count()}"));

        static string Encoded(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
    }

    string IdOf(StoredPayment payment) => (string)payment.Fields[schema.IdField]!;

    string ShownIdOf(StoredPayment payment) => SecretText.Shown(schema, schema.IdField, IdOf(payment), payment.Secrets(schema));

    long TimeOf(StoredPayment payment) => payment.Fields[schema.TimeField] as long? ?? 0;

    /// <summary>The last payment of the page before, by what its page id says.</summary>
    async Task<StoredPosition> PositionOfAsync(PaymentFilter filter, PageEnd page, CancellationToken cancellationToken)
    {
        if (page.Id is { } id)
            return new StoredPosition(page.Time, id);
        var ofTime = await store.FindAsync(filter with { From = page.Time, To = page.Time + 1 }, page.Place, cancellationToken);
        return new StoredPosition(page.Time, ofTime.Count == 0 ? "" : IdOf(ofTime[^1]));
    }

    static PageEnd? PageOf(string? pageId)
    {
        if (pageId is null)
            return null;
        try
        {
            var text = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(pageId));
            var end = text.AsSpan().IndexOfAny(ById, ByPlace);
            if (end > 0 && long.TryParse(text.AsSpan(0, end), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var time))
            {
                if (text[end] == ById)
                    return new PageEnd(time, text[(end + 1)..], 0);
                if (int.TryParse(text.AsSpan(end + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var place) && place > 0)
                    return new PageEnd(time, null, place);
            }
        }
        catch (FormatException)
        {
            // As one that decodes to something else.
        }

        throw QueryValues.Wrong("page_id", "what next_page_id of the page before said");
    }

    /// <summary>Where a page ended.</summary>
    /// <param name="Id">Null where it may not be shown.</param>
    /// <param name="Place">From 1, among the payments of the time that the query finds.</param>
    readonly record struct PageEnd(long Time, string? Id, int Place);
}
