using System.Buffers;
using System.Text;
using FraudStreams.Model.Drift;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Drift;

public sealed class DriftReferenceTests
{
    static readonly DriftReference s_reference = Watched.Reference();

    [Fact]
    public void It_has_every_feature_but_what_the_date_says_and_the_score_last()
    {
        s_reference.Columns.Select(column => column.Name).ShouldBe(["amount", "kind", "limit", "hour", "score"]);
        s_reference.Columns.Select(column => column.Counts.Sum(count => (long)count)).Distinct().ShouldHaveSingleItem().ShouldBe(s_reference.Rows);
        s_reference.Columns.Single(column => column.IsSecret).Name.ShouldBe("limit");
        s_reference.Score.Edges.ShouldContain(Watched.Threshold);
    }

    [Fact]
    public void It_is_read_as_it_was_written()
    {
        var again = DriftReferenceJson.Read(DriftReferenceJson.Write(s_reference));

        again.Columns.Select(column => column.Name).ShouldBe(s_reference.Columns.Select(column => column.Name));
        for (var column = 0; column < again.Columns.Length; column++)
        {
            again.Columns[column].Counts.ShouldBe(s_reference.Columns[column].Counts);
            again.Columns[column].Edges.ShouldBe(s_reference.Columns[column].Edges);
            again.Columns[column].Categories.ShouldBe(s_reference.Columns[column].Categories);
            (again.Columns[column].Sigma, again.Columns[column].Dispersion, again.Columns[column].RankDispersion, again.Columns[column].IsSecret).ShouldBe((s_reference.Columns[column].Sigma, s_reference.Columns[column].Dispersion, s_reference.Columns[column].RankDispersion, s_reference.Columns[column].IsSecret));
        }

        again.Frauds.ShouldBe(s_reference.Frauds);
        (again.Threshold, again.DayRows, again.FraudDispersion, again.HourDispersion).ShouldBe((s_reference.Threshold, s_reference.DayRows, s_reference.FraudDispersion, s_reference.HourDispersion));
    }

    [Theory]
    [InlineData("\"kind\":\"score\"", "\"kind\":\"number\"")]
    [InlineData("\"frauds\":[", "\"frauds\":[1,")]
    [InlineData("\"counts\":[", "\"counts\":[1,")]
    [InlineData("\"counts\":[0", "\"counts\":[-1")]
    [InlineData("\"version\":1", "\"version\":2")]
    public void One_that_contradicts_itself_is_refused(string part, string instead)
    {
        var text = Encoding.UTF8.GetString(DriftReferenceJson.Write(s_reference));
        var at = text.IndexOf(part, StringComparison.Ordinal);

        Should.Throw<ModelFormatException>(() => DriftReferenceJson.Read(Encoding.UTF8.GetBytes($"{text[..at]}{instead}{text[(at + part.Length)..]}")));
    }

    [Fact]
    public void Values_fall_into_the_bin_that_begins_with_them()
    {
        var column = new DriftColumn("a", DriftKind.Number, [1, 2, 5], [], [], 1, 1);
        new[] { double.NaN, -7, 0.99, 1, 1.5, 2, 4.9, 5, 1e300 }.Select(column.BinOf).ShouldBe([0, 1, 1, 2, 2, 3, 3, 4, 4]);
        var category = new DriftColumn("b", DriftKind.Category, [], [.. Enumerable.Range(0, 60).Select(code => $"c{code}")], [], 0, 1);
        new[] { double.NaN, 0, 39, 40, 59 }.Select(category.BinOf).ShouldBe([0, 1, 40, 41, 41]);
        category.Bins.ShouldBe(42);
    }

    [Fact]
    public void Payments_of_few_cards_vary_more_than_chance()
    {
        // Each day has one of two kinds of payments, mostly.
        var (rows, times, scores) = Watched.Days(0, 21, 800, seed: 1);
        var values = rows.Values.ToArray();
        for (var row = 0; row < times.Length; row++)
            values[row * Watched.Plan.Count] *= times[row] / 86_400_000 % 2 == 0 ? 1 : 1.3;

        var dispersed = DriftReferenceBuilder.Build(Watched.Plan, new Model.Models.Trees.TrainingSet(rows.Features, values, rows.Labels), times, scores, 0.5);

        s_reference.Columns[0].Dispersion.ShouldBeInRange(1, 1.6);
        dispersed.Columns[0].Dispersion.ShouldBeGreaterThan(2.5);
    }

    [Fact]
    public void Hours_of_several_hosts_are_added_and_those_of_other_versions_left_out()
    {
        var whole = Watched.Count(s_reference, 21, 3, 500, seed: 2);
        var parts = new DriftHistory(Watched.Version, s_reference.Counters);
        foreach (var (hour, counts) in whole.Hours.Reverse())
        {
            var half = counts.Select(count => count / 2).ToArray();
            parts.Add(Bytes(new DriftHour(Watched.Version, hour, half)));
            parts.Add(Bytes(new DriftHour("another", hour, counts)));
            parts.Add(Bytes(new DriftHour(Watched.Version, hour, [1, 2])));
            parts.Add(Bytes(new DriftHour(Watched.Version, hour, [.. counts.Zip(half, (count, of) => count - of)])));
        }

        parts.Add("no record"u8.ToArray());
        parts.Hours.Keys.ShouldBe(whole.Hours.Keys);
        parts.Hours.Values.ShouldAllBe(counts => counts.Length == s_reference.Counters);
        parts.Hours.Zip(whole.Hours).ShouldAllBe(pair => pair.First.Value.SequenceEqual(pair.Second.Value));

        static byte[] Bytes(DriftHour hour)
        {
            var into = new ArrayBufferWriter<byte>();
            hour.Write(into);
            return into.WrittenSpan.ToArray();
        }
    }

    [Fact]
    public void A_history_forgets_what_is_older_than_it_keeps()
    {
        var history = new DriftHistory("v", 1, keptHours: 3);
        foreach (var hour in (long[])[100, 95, 105, 89, 106, 105])
            history.Add(new DriftHour("v", hour, [1]));

        history.Hours.Keys.ShouldBe([100, 105, 106]);
        history.Latest.ShouldBe(106);
    }

    [Fact]
    public void One_hour_that_is_far_ahead_drives_out_one_and_those_of_no_calendar_none()
    {
        var history = new DriftHistory("v", 1, keptHours: 3);
        foreach (var hour in (long[])[100, 101, 102, 900_000, long.MaxValue, -1, long.MinValue])
            history.Add(new DriftHour("v", hour, [1]));

        history.Hours.Keys.ShouldBe([101, 102, 900_000]);
        history.First.ShouldBe(100);
    }

    [Fact]
    public void Rows_of_before_1970_fall_into_their_hours_of_the_week()
    {
        // A whole number of weeks earlier.
        var (rows, times, scores) = Watched.Days(0, 21, 800, seed: 1);
        var early = DriftReferenceBuilder.Build(Watched.Plan, rows, [.. times.Select(time => time - (4_000L * 7 * 86_400_000))], scores, Watched.Threshold);

        for (var column = 0; column < early.Columns.Length; column++)
            (early.Columns[column].Counts.SequenceEqual(s_reference.Columns[column].Counts), early.Columns[column].Dispersion).ShouldBe((true, s_reference.Columns[column].Dispersion));
        early.HourDispersion.ShouldBe(s_reference.HourDispersion, 1e-9);
        new long[] { -3_600_001, -3_600_000, -1, 0, 3_599_999, 3_600_000 }.Select(DriftColumn.HourOf).ShouldBe([-2, -1, -1, 0, 0, 1]);
    }

    [Fact]
    public void What_a_reference_of_an_earlier_release_does_not_say_is_secret_is_by_the_schema()
    {
        var old = s_reference with { Columns = [.. s_reference.Columns.Select(column => column with { IsSecret = false })] };

        old.WithSecretsOf(Watched.Plan.Schema).Columns.Single(column => column.IsSecret).Name.ShouldBe("limit");
    }

    [Fact]
    public void Years_since_a_secret_date_and_a_card_are_secret_with_all_their_digits()
    {
        var born = new AgeFeature("age", "born");
        var schema = TransactionSchema.Create(new SchemaDraft(
            "made",
            [
                new("id", FieldType.Text), new("at", FieldType.Time) { TimeFormats = [TimeFormat.UnixMilliseconds] }, new("card", FieldType.Text), new("amount", FieldType.Number),
                new("born", FieldType.Time) { TimeFormats = [TimeFormat.Date], Secret = true }, new("lat", FieldType.Number) { Secret = true }, new("to", FieldType.Number),
            ],
            new SchemaRoles("id", "at", "amount") { Card = "card" })
        {
            Features = [born, new NumberFeature("amount", "amount"), new DistanceFeature("far", "lat", "to", "to", "to"), new CategoryFeature("kind", "card", 1, 100)],
        });

        schema.Features.Where(schema.IsSecretInFull).Select(feature => feature.Name).ShouldBe(["age", "far", "kind"]);
        schema.IsSecret(born).ShouldBeFalse("a reason says whole years");
    }

    [Fact]
    public void A_counter_leaves_out_what_is_dated_absurdly_and_further_hours_than_it_may_hold()
    {
        var counter = new DriftCounter(Watched.Version, s_reference, Watched.Plan, maxHours: 2);
        long[] times = [-1, 0, 3_600_000, 7_200_000, 3_600_001, 100 * 3_600_000];
        counter.Count(row => times[row], new double[times.Length], new double[times.Length * Watched.Plan.Count], latest: 50 * 3_600_000);

        counter.Payments.ShouldBe(3);
        var hours = counter.Take();
        hours.Select(hour => (hour.Hour, hour.Counts[s_reference.Offsets[^1]..].Sum())).ShouldBe([(0, 1), (1, 2)]);
        counter.TakeBack(hours[1]);
        counter.Take().ShouldHaveSingleItem().Counts.ShouldBe(hours[1].Counts);
    }

    [Fact]
    public void A_counter_samples_the_features_of_a_batch_and_counts_each_score()
    {
        var (rows, times, scores) = Watched.Days(21, 1, 1_000, seed: 2);
        var counter = new DriftCounter(Watched.Version, s_reference, Watched.Plan);
        counter.Count(row => times[0], scores, counter.Sample(scores.Length, rows.Values.Span));

        var hour = counter.Take().ShouldHaveSingleItem();
        hour.Counts[s_reference.Offsets[^1]..].Sum().ShouldBe(1_000);
        hour.Counts[..s_reference.Offsets[1]].Sum().ShouldBeInRange(DriftCounter.MaxRows / 2, DriftCounter.MaxRows);
        counter.Take().ShouldBeEmpty();
    }
}
