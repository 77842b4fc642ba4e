using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using FraudStreams.Alerting;
using FraudStreams.Alerting.Channels.Smtp;
using FraudStreams.Alerting.Channels.Webhook;
using FraudStreams.Api.Resources;
using FraudStreams.Configuration;
using FraudStreams.Dashboard.Data;
using FraudStreams.Dashboard.Payments;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Storage;
using FraudStreams.Topics;
using Microsoft.AspNetCore.Http;
using MimeKit;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Privacy;

/// <summary>What leaves the host about a payment whose texts repeat its card: mails, webhooks, lines of the console and of /events, /payments, the page, and messages of rejected records.</summary>
[Trait("Category", "Unit")]
public sealed class SecretsLeavingTests
{
    const string Card = "4111 1111 1111 1111", Other = "5500-0000-0000-0004";

    /// <summary>Its card has no valid check digit: only that the payment has it tells that it is one.</summary>
    const string Unchecked = "4485370000007777";

    static readonly TransactionSchema s_schema = Schema(""), s_withSecretId = Schema(", secret = on");

    [Theory]
    [InlineData(Card, "Refund 4111 1111 1111 1111")]
    [InlineData(Card, "Refund 4111111111111111")]
    [InlineData(Card, "Refund 4111-1111-1111-1111.")]
    [InlineData(Card, "4111 111111 111111")]
    [InlineData(Card, "x4111.1111.1111.1111")]
    [InlineData(Card, "Refund 4111\u00a01111\u00a01111\u00a01111")]
    [InlineData(Card, "Refund 4111  1111  1111  1111")]
    [InlineData(Card, "Refund 4111\u200b1111\u200b1111\u200b1111")]
    [InlineData(Card, "Refund ４１１１ １１１１ １１１１ １１１１")]
    [InlineData("4111111111111111", "Refund 4111 1111 1111 1111")]
    [InlineData(Unchecked, "Refund 4485 3700 0000 7777")]
    [InlineData(Unchecked, "Refund 4485370000007777")]
    [InlineData(Unchecked, "Refund of " + Other)]
    public void A_card_that_a_merchant_repeats_leaves_by_no_door(string card, string merchant) => ShouldKeep(s_schema, "p1", card, merchant);

    [Theory]
    [InlineData("pay-4111111111111111-7")]
    [InlineData("4111 1111 1111 1111/7")]
    [InlineData("4111111111111111")]
    public void A_card_in_an_id_leaves_by_no_door(string id)
    {
        var alert = ShouldKeep(s_schema, id, Card, "a shop");

        alert.Name.ShouldBe("prediction-3-17-1767355200000");
        AlertOf(s_schema, id, Card, "a shop", offset: 18).Name.ShouldNotBe(alert.Name, "receivers tell copies by it");
    }

    [Fact]
    public void A_secret_id_leaves_by_no_door_and_another_as_it_is()
    {
        const string id = "ann-miller-1980";

        string.Concat(Doors(s_withSecretId, id, Card, "a shop").Select(door => door.Text)).ShouldNotContain(id);
        Doors(s_schema, id, Card, "a shop").Where(door => door.Text.Contains(id, StringComparison.Ordinal)).Select(door => door.Name).ShouldBe(["mail", "webhook", "line", "payment", "page", "rejected"]);
        AlertOf(s_schema, id, Card, "a shop").Name.ShouldBe(id);
        Transaction(s_schema, "4000000000000002").ShouldBe("4000000000000002", "a long number may be an id, and is one here");
        Transaction(s_withSecretId, id).ShouldBe("****");

        static string Transaction(TransactionSchema schema, string id) => Body(AlertOf(schema, id, Unchecked, "a shop")).GetProperty("alerts")[0].GetProperty("transaction").GetString()!;
    }

    [Theory]
    [InlineData(false, "ann")]
    [InlineData(true, "ann")]
    [InlineData(false, Card)]
    public async Task Pages_of_payments_tell_no_secret_id_and_leave_none_out(bool isSecret, string name)
    {
        var schema = isSecret ? s_withSecretId : s_schema;
        await using var store = new Stored([.. Enumerable.Range(0, 11).Select(number => new StoredPayment([$"{(number % 3 == 0 ? "bob" : name)}-{number}", (long)number / 4, Card, (double)number, "a shop", null], 0.9, true, "v1", 0, null, null, null, null))]);
        var endpoints = new PaymentsEndpoints(store, schema, audit: null!, TimeProvider.System);
        var (amounts, shown, page) = (new List<double>(), new List<string>(), (string?)"");
        while (page is not null)
        {
            var context = new DefaultHttpContext { Response = { Body = new MemoryStream() } };
            context.Request.QueryString = new QueryString($"?limit=3{(page.Length == 0 ? "" : $"&page_id={page}")}");
            await endpoints.ListAsync(context, isFraud: null);
            await context.Response.BodyWriter.FlushAsync();
            var answer = JsonElement.Parse(((MemoryStream)context.Response.Body).ToArray());
            amounts.AddRange(answer.GetProperty("data").EnumerateArray().Select(payment => payment.GetProperty("amount").GetDouble()));
            page = answer.GetProperty("pagination").GetProperty("next_page_id").GetString();
            if (page is not null)
            {
                var text = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(page));
                text.Any(char.IsAsciiLetter).ShouldBe(!isSecret && !text.Contains('#', StringComparison.Ordinal), text);
                text.ShouldNotContain(Card);
                shown.Add(text);
            }
        }

        amounts.ShouldBe(store.All.Select(payment => (double)payment.Fields[3]!));
        shown.Count.ShouldBe(3);
        shown.Exists(text => text.Contains('#', StringComparison.Ordinal)).ShouldBe(isSecret || name == Card);
    }

    [Fact]
    public void A_long_text_is_masked_before_it_is_cut() =>
        AlertOf(s_schema, "p1", Card, new string('x', 145) + " 4111 1111 1111 1111").Values!["merchant"].ShouldNotContain("4111 1111");

    static Alert ShouldKeep(TransactionSchema schema, string id, string card, string merchant)
    {
        foreach (var (name, text) in Doors(schema, id, card, merchant))
        {
            Digits(text).ShouldNotContain(Digits(card), Case.Sensitive, name);
            Digits(text).ShouldNotContain(Digits(Other), Case.Sensitive, name);
        }

        return AlertOf(schema, id, card, merchant);
    }

    static IEnumerable<(string Name, string Text)> Doors(TransactionSchema schema, string id, string card, string merchant)
    {
        var alert = AlertOf(schema, id, card, merchant);
        var (template, message) = (AlertTemplate.Of(null, schema), AlertMessage.Of([alert], []));
        using var mail = MailMime.Of(message, template, MailboxAddress.Parse("a@x.org"), [], DateTimeOffset.UnixEpoch);
        yield return ("mail", $"{mail.MessageId}\n{mail.Subject}\n{mail.TextBody}\n{mail.HtmlBody}");
        yield return ("webhook", $"{message.Name}\n{Strings(Body(alert))}");
        yield return ("line", AlertText.LineOf(alert));

        var stored = new StoredPayment([id, 1_767_355_200_000, card, 12.5, merchant, null], 0.9, true, "v1", 0, Reasons(merchant), null, null, null);
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
            new PaymentJson(schema).Write(writer, stored, isWhole: true);
        yield return ("payment", Strings(JsonElement.Parse(json.WrittenSpan)));
        var shown = new PaymentMask(schema).Show(stored);
        yield return ("page", $"{shown} {string.Join('\n', shown.Fields)} {string.Join('\n', shown.Reasons)}");

        yield return ("rejected", RawLine.Mask(Record(id, card, merchant, amount: "a lot"), schema));
        using var rows = new TransactionRows(schema, 1);
        yield return ("why rejected", new TransactionReader(schema).Read(Record(id, card, "a shop", amount: merchant), rows)!.Message);
    }

    static Alert AlertOf(TransactionSchema schema, string id, string card, string merchant, long offset = 17)
    {
        var record = new ArrayBufferWriter<byte>();
        PredictionWriter.Write(record, Record(id, card, merchant), 0.9, fraud: true, "v1", DateTimeOffset.UnixEpoch, [], Encoding.UTF8.GetBytes(Reasons(merchant)));
        using var rows = new PredictionRows(schema, expectedRows: 1);
        new PredictionReader(schema).Read(record.WrittenSpan, rows).ShouldBeNull();
        return Alert.Of(rows, 0, new TopicRecord(new TopicPartition(TopicNames.Predictions, 3), offset, Encoding.UTF8.GetBytes(card), record.WrittenMemory, 1_767_355_200_000));
    }

    static JsonElement Body(Alert alert)
    {
        using var transport = new WebhookTransport(
            new WebhookSettings(new Uri("http://127.0.0.1:1/"), new WebhookKey(new SecretValue("the key")), TimeSpan.FromSeconds(1)), AlertTemplate.Of(null, s_schema), TimeProvider.System);
        return JsonElement.Parse(transport.Body(AlertMessage.Of([alert], [])));
    }

    static string Reasons(string merchant) => JsonSerializer.Serialize(
        new[] { new { code = "value:merchant", feature = "merchant", value = merchant, usual = $"{merchant} or others", log_odds = 1.5, text = $"merchant {merchant}" } });

    static byte[] Record(string id, string card, string merchant, object? amount = null) => JsonSerializer.SerializeToUtf8Bytes(new { id, at = 1_767_355_200, card, amount = amount ?? 12.5, merchant });

    static TransactionSchema Schema(string ofId) => SchemaFile.Parse(
        $$"""
        name = doors
        roles { id = id, time = at, card = card, amount = amount, merchant = merchant }
        fields = [
          { name = id, type = text{{ofId}} }
          { name = at, type = time, format = unix-seconds }
          { name = card, type = text }
          { name = amount, type = number }
          { name = merchant, type = text }
          { name = ref, type = integer, optional = on }
        ]
        features = [{ name = amount, number = amount }]
        """,
        "a test's schema");

    /// <summary>Its texts and numbers, as a reader of the JSON has them.</summary>
    static string Strings(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => string.Join('\n', json.EnumerateObject().Select(property => Strings(property.Value))),
        JsonValueKind.Array => string.Join('\n', json.EnumerateArray().Select(Strings)),
        _ => json.ToString(),
    };

    static string Digits(string text) => string.Concat(text.Select(sign => CharUnicodeInfo.GetDecimalDigitValue(sign)).Where(digit => digit >= 0));

    sealed class Stored(StoredPayment[] payments) : IPaymentReader
    {
        public StoredPayment[] All { get; } = [.. payments.OrderByDescending(Time).ThenByDescending(Id, StringComparer.Ordinal)];

        public Task<IReadOnlyList<StoredPayment>> FindAsync(PaymentFilter filter, int limit, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<StoredPayment>>([.. All
            .Where(payment => !(Time(payment) < filter.From) && !(Time(payment) >= filter.To))
            .Where(payment => filter.Before is not { } before || Time(payment) < before.Time || (Time(payment) == before.Time && string.CompareOrdinal(Id(payment), before.Id) < 0)).Take(limit)]);

        public Task<IReadOnlyList<ScoredPayment>> LatestScoredAsync(int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<Label>> LabelsOfAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        static string Id(StoredPayment payment) => (string)payment.Fields[0]!;

        static long Time(StoredPayment payment) => (long)payment.Fields[1]!;
    }
}
