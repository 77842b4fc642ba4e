using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Privacy;
using FraudStreams.Sqlite;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.Messaging.Sqlite;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Privacy;

[Trait("Category", "Unit")]
public sealed class CardEraserTests
{
    const string Card = "4485370000007776";

    static readonly TransactionSchema s_schema = TrainedModel.Schema;

    [Fact]
    public void A_customer_and_a_payment_of_the_same_number_are_not_taken_for_each_other()
    {
        // Of schema handbook: customer 12 has paid once, with payment 7; customer 7 has paid with payment 12.
        var traces = new CardTraces(["12"], ["7"]);

        IsAbout(traces, TopicNames.Transactions, "12", "{}").ShouldBeTrue();
        IsAbout(traces, TopicNames.Transactions, "7", "{}").ShouldBeFalse();
        IsAbout(traces, TopicNames.Cases, "7", "{}").ShouldBeFalse();
        IsAbout(traces, TopicNames.Labels, "7", "{}").ShouldBeTrue();
        IsAbout(traces, TopicNames.Labels, "12", "{}").ShouldBeFalse();
        IsAbout(traces, TopicNames.Rejected, "7", Rejected(TopicNames.Labels, "{}")).ShouldBeTrue();
        IsAbout(traces, TopicNames.Rejected, "12", Rejected(TopicNames.Labels, "{}")).ShouldBeFalse();
        IsAbout(traces, TopicNames.Rejected, "7", Rejected(TopicNames.Transactions, "{}")).ShouldBeFalse();
        IsAbout(traces, TopicNames.Rejected, "12", Rejected(TopicNames.Transactions, "{}")).ShouldBeTrue();
        IsAbout(traces, TopicNames.Transactions, "1", "12").ShouldBeFalse();
    }

    [Theory]
    [InlineData($"{{\"cc_num\":\"{Card}\"}}", true)]
    [InlineData($"a\\n{Card}", true)]
    [InlineData($"1{Card}", false)]
    [InlineData($"1{Card} {Card}", true)]
    [InlineData($"{Card}0", false)]
    [InlineData($"a{Card}", false)]
    public void A_card_is_found_where_it_stands_by_itself_also_in_what_was_rejected(string value, bool isFound)
    {
        var traces = new CardTraces([Card], []);

        IsAbout(traces, TopicNames.Predictions, "", value).ShouldBe(isFound);
        IsAbout(traces, TopicNames.Rejected, "", Rejected(TopicNames.Transactions, value)).ShouldBe(isFound);
    }

    [Fact]
    public void Names_have_the_digits_without_blanks_and_hyphens()
    {
        CardEraser.NamesOf("4485 3700-0000 7776", null).ShouldBe(["4485 3700-0000 7776", Card]);
        CardEraser.NamesOf(Card, null).ShouldBe([Card]);
        CardEraser.NamesOf("tok_a1_x", null).ShouldBe(["tok_a1_x"]);
    }

    [Fact]
    public void A_token_from_after_a_rotation_is_refused_as_it_does_not_tell_those_before_it()
    {
        CardTokenKey older = new("z9", [.. SHA256.HashData("two"u8)]), newer = new("a1", [.. SHA256.HashData("one"u8)]);
        var tokens = new CardTokens(s_schema, [newer, older]);
        var (now, first) = (tokens.Of(Card)[0], tokens.Of(Card)[1]);

        Should.Throw<FormatException>(() => CardEraser.NamesOf(now, tokens)).Message.ShouldContain("its first token, which begins with tok_z9_");
        CardEraser.NamesOf(first, tokens).ShouldBe([now, first]);
        CardEraser.NamesOf(Card, tokens).ShouldBe([Card, now, first]);
        CardEraser.NamesOf(now, new CardTokens(s_schema, [newer])).ShouldBe([now]);
        CardEraser.NamesOf("tok_of_others", tokens).ShouldBe(["tok_of_others"]);
    }

    [Fact]
    public void What_is_not_read_yet_is_a_reason_where_it_would_bring_the_card_back()
    {
        var embedded = SettingsOf.Set("topics.names.predictions=scores").Topics;
        var kafka = SettingsOf.Set("topics.kind=kafka", "topics.kafka.bootstrap-servers=a:1", "topics.kafka.prefix=p.", "topics.names.predictions=scores").Topics;

        WhyBack(kafka, Card).ShouldBeNull();
        WhyBack(kafka, Card, (ConsumerGroups.Store, TopicNames.Predictions, 1200)).ShouldNotBeNull().ShouldStartWith("group p.store has a lag of 1,200 records in topic p.scores: ");
        WhyBack(kafka, Card, (ConsumerGroups.Score, TopicNames.Transactions, 3)).ShouldNotBeNull().ShouldContain("group p.score has a lag of 3 records in topic p.transactions");
        WhyBack(kafka, Card, (ConsumerGroups.Alert, TopicNames.Predictions, 3)).ShouldBeNull();
        WhyBack(embedded, Card, (ConsumerGroups.Score, TopicNames.Transactions, 3), (ConsumerGroups.Store, TopicNames.Predictions, 3)).ShouldBeNull("they are emptied");
        WhyBack(embedded, "tok_a1_x", (ConsumerGroups.Score, TopicNames.Transactions, 3)).ShouldNotBeNull("others may have written the number");
        WhyBack(embedded, Card, (ConsumerGroups.Rekey, TopicNames.Source, 3)).ShouldNotBeNull().ShouldContain("group rekey");
    }

    [Fact]
    public async Task Records_are_emptied_in_their_place()
    {
        using var folder = new TemporaryFolder();
        await using (var log = LogOf.Open(LogOf.Settings(folder)))
        {
            var batch = new RecordBatch();
            foreach (var key in (string[])["12", "120", "7"])
                batch.Add("transactions", Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes($"of {key}"));
            await log.PublishAsync(batch);
        }

        LogErasure.Erase(folder, [TopicNames.Transactions, TopicNames.Labels], new CardTraces(["12"], ["7"]).IsAbout).ShouldBe(new ErasedRecords(1, null));
        LogErasure.Erase(folder, [TopicNames.Transactions], new CardTraces(["12"], ["7"]).IsAbout).ShouldBe(new ErasedRecords(0, null), "a second run finds nothing more");

        await using var again = LogOf.Open(LogOf.Settings(folder));
        LogOf.Values(again, "transactions").ShouldBe(["", "of 120", "of 7"]);
    }

    [Fact]
    public void A_file_that_is_in_use_is_said_not_to_be_written_anew()
    {
        using var folder = new TemporaryFolder();
        using var file = SqliteFile.Open(Path.Combine(folder, "a.db"), SqliteAccess.Create, TimeSpan.FromMilliseconds(10));
        file.UseWriteAheadLog(4096);
        file.Execute("CREATE TABLE t (v); INSERT INTO t VALUES (1), (2)");

        using (var other = SqliteFile.Open(file.Path, SqliteAccess.ReadWrite, TimeSpan.Zero))
        {
            using var rows = other.Query("SELECT v FROM t");
            rows.Step();
            file.TryWriteAnew()!.ShouldContain("run the same command again");
        }

        file.TryWriteAnew().ShouldBeNull();
    }

    [Fact]
    public void A_snapshot_loses_the_keys_of_a_card_and_no_others()
    {
        using var folder = new StreamFolder(payments: 20);
        using var input = File.OpenRead(folder.Input);
        using var feed = new CsvToJson(input, s_schema, folder.Input);
        using var rows = new TransactionRows(s_schema, 20);
        var (reader, record) = (new TransactionReader(s_schema), new ArrayBufferWriter<byte>());
        for (var payment = 0; payment < 20; payment++)
        {
            record.ResetWrittenCount();
            feed.TryRead(record).ShouldBeTrue();
            reader.Read(record.WrittenSpan, rows).ShouldBeNull();
        }

        var state = new WindowState(s_schema);
        state.Advance(rows);
        var card = rows.Key(0).ToArray();

        state.Write(new MemoryStream(), [], [card[..8], [.. card, (byte)'1']]).ShouldBe(0, "a part of a card is another card");
        var without = new MemoryStream();
        state.Write(without, [], [card]).ShouldBeGreaterThan(0);
        without.Position = 0;
        WindowState.Read(without, s_schema, out _).Keys.ShouldBeLessThan(state.Keys);
        without.ToArray().AsSpan().IndexOf(card).ShouldBe(-1);
    }

    static string? WhyBack(TopicSettings topics, string card, params (string Group, string Topic, long Lag)[] lags) =>
        CardEraser.WhyBack(new MessageLogStatus([], [.. lags.Select(lag => new GroupLag(lag.Group, lag.Topic, 0, lag.Lag))]), topics, card);

    static bool IsAbout(CardTraces traces, string topic, string key, string value) => traces.IsAbout(topic, Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value));

    static string Rejected(string topic, string original)
    {
        var into = new ArrayBufferWriter<byte>();
        new RejectedRecord(new RejectReason(RejectCodes.NotJson, "no JSON"), topic, 0, 0, DateTimeOffset.UnixEpoch, Encoding.UTF8.GetBytes(original)).Write(into);
        return Encoding.UTF8.GetString(into.WrittenSpan);
    }
}
