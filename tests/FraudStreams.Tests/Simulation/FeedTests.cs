using System.Buffers;
using System.Text;
using FraudStreams.Configuration;
using FraudStreams.Model.Schemas;
using FraudStreams.Simulation;
using FraudStreams.Simulation.Generation;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Simulation;

[Trait("Category", "Unit")]
public sealed class FeedTests : IDisposable
{
    static readonly TransactionSchema Cards = SchemaFile.Read("cards");
    static readonly GeneratorSettings Settings = new() { Seed = 3, PaymentsPerDay = 1_000 };

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(137)]
    [InlineData(199)]
    [InlineData(200)]
    public void A_file_resumes_after_any_row_with_the_remaining_rows(int rows)
    {
        var path = CsvOf(200);
        var all = Rest(new CsvFeed(path, Cards));

        using var feed = new CsvFeed(path, Cards);
        feed.GoTo(rows, CancellationToken.None);

        Rest(feed).ShouldBe(all[rows..]);
        feed.Position.ShouldBe(200);
    }

    [Fact]
    public void A_row_has_its_cards_key_and_its_event_time()
    {
        using var feed = new CsvFeed(CsvOf(1), Cards);
        feed.TryRead(new ArrayBufferWriter<byte>()).ShouldBeTrue();
        var payment = new PaymentGenerator(Settings).At(0);

        Encoding.UTF8.GetString(feed.Key).ShouldBe(Encoding.UTF8.GetString(new PaymentWriter(new PaymentGenerator(Settings)).Key(payment)));
        feed.EventTime.ShouldBe(payment.UnixSeconds * 1000);
    }

    [Fact]
    public void A_line_with_too_few_columns_is_sent_as_it_is()
    {
        var path = CsvOf(1);
        File.AppendAllText(path, "17,half a row\n");

        Rest(new CsvFeed(path, Cards))[1].ShouldBe("17,half a row");
    }

    [Fact]
    public void Other_content_of_the_same_name_has_another_offset_key()
    {
        var path = CsvOf(10);
        using var before = new CsvFeed(path, Cards);
        using var same = new CsvFeed(path, Cards);
        File.WriteAllText(path, File.ReadAllText(path).Replace("2025-01-01", "2025-01-02"));
        using var changed = new CsvFeed(path, Cards);
        File.AppendAllText(path, "one more line\n");
        using var longer = new CsvFeed(path, Cards);

        same.OffsetKey.ShouldBe(before.OffsetKey);
        new[] { before.OffsetKey, changed.OffsetKey, longer.OffsetKey }.ShouldBeUnique();
        new[] { before, changed, longer }.ShouldAllBe(feed => feed.OffsetKey.Topic.StartsWith(before.OffsetKeyPrefix, StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_of_another_schema_is_refused_by_name()
    {
        var path = Path.Combine(_folder, "other.csv");
        File.WriteAllText(path, "a,b\n1,2\n");

        Should.Throw<SchemaException>(() => new CsvFeed(path, Cards)).Message.ShouldContain("other.csv");
        File.Delete(path);
    }

    [Fact]
    public void The_generator_resumes_at_any_payment()
    {
        var first = new GeneratorFeed(new PaymentGenerator(Settings));
        var all = Take(first, 300);
        var second = new GeneratorFeed(new PaymentGenerator(Settings));

        second.GoTo(120, CancellationToken.None);

        Take(second, 180).ShouldBe(all[120..]);
        second.Position.ShouldBe(300);
        second.OffsetKey.ShouldBe(first.OffsetKey);
    }

    [Fact]
    public void Generated_payments_fit_the_schema_and_equal_their_file()
    {
        var fromFile = Rest(new CsvFeed(CsvOf(50), Cards));

        Take(new GeneratorFeed(new PaymentGenerator(Settings)), 50).ShouldBe(fromFile);
    }

    string CsvOf(int payments)
    {
        var path = Path.Combine(_folder, "payments.csv");
        GeneratedCsv.Write(path, new PaymentGenerator(Settings), payments);
        return path;
    }

    static List<string> Rest(IPaymentFeed feed)
    {
        using (feed)
            return Take(feed, int.MaxValue);
    }

    static List<string> Take(IPaymentFeed feed, int most)
    {
        var payments = new List<string>();
        var bytes = new ArrayBufferWriter<byte>();
        while (payments.Count < most && feed.TryRead(bytes))
        {
            payments.Add(Encoding.UTF8.GetString(bytes.WrittenSpan));
            bytes.ResetWrittenCount();
        }

        return payments;
    }
}
