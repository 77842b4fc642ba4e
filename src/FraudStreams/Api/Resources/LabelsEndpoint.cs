using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FraudStreams.Access.Audit;
using FraudStreams.Api.Protocols;
using FraudStreams.Api.Security;
using FraudStreams.Hosting;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Storage;
using FraudStreams.Topics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FraudStreams.Api.Resources;

/// <summary>
/// `POST /labels`: confirmations, one or an array, into topic `labels`. What the same source has said of a payment already is not published again, whatever its
/// time: posting twice changes nothing. What it has said last is in the store, or still in the topic.
/// </summary>
sealed class LabelsEndpoint(StreamService stream, IPaymentReader store, TransactionSchema schema, AuditLog audit, TimeProvider time)
{
    const int MostLabels = 1_000;

    /// <summary>Clocks and time zones differ.</summary>
    static readonly TimeSpan s_mostAhead = TimeSpan.FromDays(1);

    public static void Map(IEndpointRouteBuilder web, StreamService stream, IPaymentReader store, TransactionSchema schema, AuditLog audit, TimeProvider time) =>
        web.MapPost("/labels", new LabelsEndpoint(stream, store, schema, audit, time).TakeAsync).Describe("payments", "Confirms payments as fraud (1) or not (0)", null, "application/json");

    async Task TakeAsync(HttpContext context)
    {
        RequestBody.MustBeJson(context.Request);
        var body = await RequestBody.ReadAsync(context.Request);
        var labels = new List<Label>();
        RequestBody.Read(() => labels = Read(body));
        if (stream.Topics is not { } topics || stream.IsStopping)
            throw Unavailable("the stream starts or stops");
        var batch = new RecordBatch(labels.Count);
        var (alreadyThere, changes) = (0, new List<AuditEntry>());
        Dictionary<(string Id, string By), Label>? pending = null;
        try
        {
            foreach (var label in labels)
            {
                var known = await StoredAsync(label, context.RequestAborted);
                if (known?.Fraud == label.Fraud)
                {
                    // Stored after they were looked for in the topic: its group commits after storing, so that each label is found in either place.
                    pending ??= await PendingAsync(topics, labels, context.RequestAborted);
                    known = await StoredAsync(label, context.RequestAborted);
                    if (pending.GetValueOrDefault((label.Id, label.ConfirmedBy)) is { } later && !(known?.ConfirmedAt > later.ConfirmedAt))
                        known = later;
                }

                if (known is not null && known.Fraud == label.Fraud)
                {
                    alreadyThere++;
                    continue;
                }

                batch.Add(TopicNames.Labels, Encoding.UTF8.GetBytes(label.Id), label, static (into, label) => label.Write(into));
                changes.Add(new AuditEntry(time.GetUtcNow(), context.User.NameOf(), "label.posted", SecretText.Shown(schema, schema.IdField, label.Id, []))
                {
                    Before = known is null ? null : known.Fraud ? "fraud" : "legitimate",
                    After = label.Fraud ? "fraud" : "legitimate",
                    Why = $"confirmed by {label.ConfirmedBy}",
                });
            }

            var published = batch.Count;
            await audit.AppendAsync(changes);
            await topics.PublishAsync(batch, context.RequestAborted);
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            context.Response.ContentType = "application/json";
            await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
            json.WriteStartObject();
            json.WriteNumber("accepted"u8, published);
            json.WriteNumber("already_there"u8, alreadyThere);
            json.WriteEndObject();
        }
        catch (Exception e) when (e is StoreException or MessageLogException)
        {
            throw Unavailable(e.Message);
        }
        finally
        {
            batch.Dispose();
        }
    }

    /// <summary>What the label's source has said of its payment, as far as it is stored.</summary>
    async Task<Label?> StoredAsync(Label label, CancellationToken cancellationToken) =>
        (await store.LabelsOfAsync(label.Id, cancellationToken)).FirstOrDefault(known => known.ConfirmedBy == label.ConfirmedBy);

    /// <summary>What the same sources have said of the same payments and is not stored yet: of each the latest.</summary>
    static async Task<Dictionary<(string Id, string By), Label>> PendingAsync(IMessageLog topics, List<Label> labels, CancellationToken cancellationToken)
    {
        var (partition, asked) = (new TopicPartition(TopicNames.Labels, 0), labels.Select(label => (label.Id, label.ConfirmedBy)).ToHashSet());
        var pending = new Dictionary<(string Id, string By), Label>();
        var from = await topics.PositionAsync(ConsumerGroups.Label, partition, cancellationToken);
        await foreach (var records in topics.ReadAsync(partition, from, long.MaxValue, cancellationToken))
        {
            foreach (var record in records)
            {
                if (LabelReader.TryRead(record.Value.Span, out var label, out _) && asked.Contains((label.Id, label.ConfirmedBy))
                    && !(pending.GetValueOrDefault((label.Id, label.ConfirmedBy))?.ConfirmedAt > label.ConfirmedAt))
                    pending[(label.Id, label.ConfirmedBy)] = label;
            }
        }

        return pending;
    }

    List<Label> Read(ReadOnlyMemory<byte> body)
    {
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(body.Span);
        }
        catch (JsonException e)
        {
            throw RequestedPayments.NoPayments($"it is not JSON at its line {e.LineNumber + 1}");
        }

        var items = root is JsonArray array ? [.. array] : new[] { root };
        if (items.Length is 0 or > MostLabels)
            throw RequestedPayments.NoPayments($"it holds {items.Length:N0} labels; it must be 1 to {MostLabels:N0}");
        var (labels, problems, now) = (new List<Label>(), ImmutableArray.CreateBuilder<RowProblem>(), time.GetUtcNow());
        for (var row = 0; row < items.Length; row++)
        {
            if (items[row] is JsonObject label && !label.ContainsKey("confirmed_at"))
                label["confirmed_at"] = now.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture);
            if (LabelReader.TryRead(JsonSerializer.SerializeToUtf8Bytes(items[row]), out var read, out var reason) && read.ConfirmedAt <= (now + s_mostAhead).ToUnixTimeMilliseconds())
                labels.Add(read);
            else if (reason is null)
                problems.Add(new RowProblem(row, "confirmed_at", RejectCodes.TimeOutOfRange, "is later than tomorrow, and a label cannot be known before"));
            else
                problems.Add(new RowProblem(row, null, reason.Code, reason.Message));
        }

        return problems.Count == 0 ? labels : throw new RequestException(
            StatusCodes.Status400BadRequest, "labels", "Labels that cannot be taken", $"{problems.Count:N0} of {items.Length:N0} labels cannot be taken, and none was. The first: {problems[0]}",
            problems.ToImmutable());
    }

    static RequestException Unavailable(string why) =>
        new(StatusCodes.Status503ServiceUnavailable, "unavailable", "Labels cannot be taken now", $"Nothing was published: {why.TrimEnd('.')}. Posting them again is safe.");
}
