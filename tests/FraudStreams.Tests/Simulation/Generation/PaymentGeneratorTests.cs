using System.Buffers;
using System.Text;
using System.Text.Json;
using FraudStreams.Simulation.Generation;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Simulation.Generation;

[Trait("Category", "Unit")]
public sealed class PaymentGeneratorTests
{
    static readonly GeneratorSettings Settings = new() { Seed = 7, PaymentsPerDay = 2_000 };
    const int Fortnight = 14 * 2_000;

    [Fact]
    public void The_same_settings_give_the_same_bytes()
    {
        Json(new PaymentGenerator(Settings), 0, 3_000).ShouldBe(Json(new PaymentGenerator(Settings), 0, 3_000));
    }

    [Fact]
    public void Another_seed_gives_other_payments()
    {
        Json(new PaymentGenerator(Settings), 0, 10).ShouldNotBe(Json(new PaymentGenerator(Settings with { Seed = 8 }), 0, 10));
    }

    [Fact]
    public void Generation_from_any_payment_equals_generation_from_the_first()
    {
        var fromTheStart = new PaymentGenerator(Settings);
        var all = Enumerable.Range(0, 3 * Fortnight).Select(number => fromTheStart.At(number)).ToList();

        var restarted = new PaymentGenerator(Settings);
        var rest = Enumerable.Range(0, Fortnight).Select(number => restarted.At(2 * Fortnight + number));

        rest.ShouldBe(all[(2 * Fortnight)..]);
    }

    [Fact]
    public void Event_time_starts_on_the_first_day_and_never_runs_backwards()
    {
        var payments = Make(2 * Fortnight);

        Time(payments[0]).Date.ShouldBe(Settings.Start.ToDateTime(TimeOnly.MinValue));
        Time(payments[^1]).Date.ShouldBe(Settings.Start.AddDays(27).ToDateTime(TimeOnly.MinValue));
        payments.Zip(payments.Skip(1)).ShouldAllBe(pair => pair.First.UnixSeconds <= pair.Second.UnixSeconds);
    }

    [Theory]
    [InlineData(0.002)]
    [InlineData(0.01)]
    [InlineData(0.05)]
    [InlineData(0.49)]
    public void The_share_of_frauds_is_that_of_the_settings(double share)
    {
        var payments = Make(2 * Fortnight, Settings with { FraudShare = share });

        var frauds = payments.Count(payment => payment.IsFraud);

        frauds.ShouldBeInRange((int)(2 * Fortnight * share) - 6, (int)(2 * Fortnight * share) + 6);
    }

    [Fact]
    public void High_amounts_are_far_above_honest_payments()
    {
        var payments = Make(2 * Fortnight);

        var high = payments.Where(payment => payment.Fraud == FraudKind.HighAmount).Select(payment => payment.Cents).Order().ToList();
        var honest = payments.Where(payment => !payment.IsFraud).Select(payment => payment.Cents).Order().ToList();

        high.Count.ShouldBeGreaterThan(50);
        high[high.Count / 2].ShouldBeGreaterThan(honest[honest.Count * 95 / 100]);
    }

    [Fact]
    public void Misused_cards_were_used_before_at_a_merchant_shared_by_misused_cards()
    {
        var payments = Make(Fortnight);

        var misused = payments.Where(payment => payment.Fraud == FraudKind.CompromisedMerchant).ToList();
        var victims = misused.GroupBy(payment => payment.Card).ToDictionary(card => card.Key, card => card.Min(payment => payment.Number));
        var visits = payments.Where(payment => !payment.IsFraud && victims.TryGetValue(payment.Card, out var first) && payment.Number < first);
        var busiest = visits.GroupBy(visit => visit.Merchant).Max(merchant => merchant.Select(visit => visit.Card).Distinct().Count());

        misused.Count.ShouldBeGreaterThan(50);
        busiest.ShouldBeGreaterThanOrEqualTo(4);
    }

    [Fact]
    public void A_stolen_card_pays_often_in_a_short_time_and_far_from_home()
    {
        var generator = new PaymentGenerator(Settings);
        var bursts = Enumerable.Range(0, 2 * Fortnight).Select(number => generator.At(number))
            .Where(payment => payment.Fraud == FraudKind.StolenCard)
            .GroupBy(payment => (payment.Card, payment.UnixSeconds / 86_400 / 7)).Where(burst => burst.Count() >= 5).ToList();

        bursts.Count.ShouldBeGreaterThan(5);
        foreach (var burst in bursts)
        {
            var home = generator.World.Cards[burst.Key.Card].Home;
            burst.ShouldAllBe(payment => generator.World.Merchants[payment.Merchant].Place.KilometresTo(home) > 200);
        }

        var median = bursts.Select(burst => burst.Max(p => p.UnixSeconds) - burst.Min(p => p.UnixSeconds)).Order().ElementAt(bursts.Count / 2);
        median.ShouldBeLessThan(4 * 3600);
    }

    [Fact]
    public void Honest_payments_happen_mostly_by_day_and_mostly_near_home()
    {
        var generator = new PaymentGenerator(Settings);
        var honest = Enumerable.Range(0, Fortnight).Select(number => generator.At(number)).Where(payment => !payment.IsFraud).ToList();
        var inShops = honest.Where(payment => !Category.All[generator.World.Merchants[payment.Merchant].Category].Online).ToList();

        var atNight = honest.Count(payment => Time(payment).Hour < 6) / (double)honest.Count;
        var near = inShops.Count(payment =>
            generator.World.Merchants[payment.Merchant].Place.KilometresTo(generator.World.Cards[payment.Card].Home) < 50) / (double)inShops.Count;

        atNight.ShouldBeInRange(0.01, 0.1);
        near.ShouldBeInRange(0.7, 0.98);
    }

    [Fact]
    public void Ids_are_unique_across_seeds_and_have_32_hexadecimal_digits()
    {
        var ids = new HashSet<string>();
        foreach (var seed in new[] { 0, 1, 2, 3 })
        {
            foreach (var line in Json(new PaymentGenerator(Settings with { Seed = seed }), 0, 5_000))
                ids.Add(JsonDocument.Parse(line).RootElement.GetProperty("trans_num").GetString()!).ShouldBeTrue();
        }

        ids.ShouldAllBe(id => id.Length == 32 && id.All(char.IsAsciiHexDigitLower));
    }

    [Fact]
    public void Card_numbers_have_12_to_19_digits_a_check_digit_and_one_holder()
    {
        var numbers = new PaymentGenerator(Settings with { PaymentsPerDay = 100_000 }).World.Cards.Select(card => card.Number).ToList();

        numbers.ShouldBeUnique();
        numbers.ShouldAllBe(number => number.Length >= 12 && number.Length <= 19 && number.StartsWith("999900", StringComparison.Ordinal) && HasRightCheckDigit(number));
    }

    [Fact]
    public void A_row_of_the_file_says_what_the_JSON_object_says()
    {
        var generator = new PaymentGenerator(Settings);
        var writer = new PaymentWriter(generator);
        var columns = Encoding.UTF8.GetString(PaymentWriter.CsvHeader).TrimEnd().Split(',');
        columns.Length.ShouldBe(23);

        for (var number = 0; number < 2_000; number++)
        {
            var payment = generator.At(number);
            var row = new ArrayBufferWriter<byte>();
            writer.WriteCsv(payment, row);
            var cells = Encoding.UTF8.GetString(row.WrittenSpan).TrimEnd('\n').Split(',');
            var json = JsonDocument.Parse(Json(writer, payment)).RootElement;

            cells[0].ShouldBe($"{number}");
            json.EnumerateObject().Select(property => property.Name).ShouldBe(columns[1..]);
            json.EnumerateObject().Select(property => property.Value.ToString()).ShouldBe(cells[1..]);
        }
    }

    [Theory]
    [InlineData(0, 5_000, 2025)]
    [InlineData(0.5, 5_000, 2025)]
    [InlineData(double.NaN, 5_000, 2025)]
    [InlineData(0.01, 0, 2025)]
    [InlineData(0.01, 5_000, 1900)]
    public void Senseless_settings_are_refused(double share, int perDay, int year)
    {
        var settings = new GeneratorSettings { FraudShare = share, PaymentsPerDay = perDay, Start = new DateOnly(year, 1, 1) };

        Should.Throw<ArgumentOutOfRangeException>(() => new PaymentGenerator(settings)).Message.ShouldContain("from", Case.Sensitive);
    }

    [Fact]
    public void The_last_payment_is_before_the_year_2200_and_there_is_none_after_it()
    {
        var generator = new PaymentGenerator(Settings);

        Time(generator.At(generator.Count - 1)).Year.ShouldBe(2199);
        Should.Throw<ArgumentOutOfRangeException>(() => generator.At(generator.Count));
    }

    static List<Payment> Make(int count, GeneratorSettings? settings = null)
    {
        var generator = new PaymentGenerator(settings ?? Settings);
        return [.. Enumerable.Range(0, count).Select(number => generator.At(number))];
    }

    static List<string> Json(PaymentGenerator generator, long first, int count)
    {
        var writer = new PaymentWriter(generator);
        var lines = new List<string>();
        for (var number = first; number < first + count; number++)
            lines.Add(Json(writer, generator.At(number)));
        return lines;
    }

    static string Json(PaymentWriter writer, Payment payment)
    {
        var line = new ArrayBufferWriter<byte>();
        writer.WriteJson(payment, line);
        return Encoding.UTF8.GetString(line.WrittenSpan);
    }

    static DateTime Time(Payment payment) => DateTime.UnixEpoch.AddSeconds(payment.UnixSeconds);

    static bool HasRightCheckDigit(string number)
    {
        var sum = number.Reverse().Select((digit, i) => (digit - '0') * (i % 2 + 1)).Sum(value => value / 10 + value % 10);
        return sum % 10 == 0;
    }
}
