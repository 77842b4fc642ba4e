using FraudStreams.Model.Features;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using Shouldly;
using Xunit;
using static FraudStreams.Model.Tests.Features.Windows.WindowPayments;

namespace FraudStreams.Model.Tests.Features.Windows;

public sealed class WindowStateTests
{
    [Theory]
    [InlineData(1, 4, 400)]
    [InlineData(2, 1, 60)]
    [InlineData(3, 40, 4000)]
    [InlineData(4, 2, 20_000)]
    [InlineData(5, 3, 5)]
    public void Every_kind_matches_its_definition_on_late_equal_and_absurd_times(int seed, int cards, double step)
    {
        var schema = SchemaOf(EveryKind);
        var payments = Stream(seed, 500, cards, shops: 5, step);
        var naive = new NaiveWindows(EveryKind);

        var values = new WindowState(schema).Advance(payments);

        for (var i = 0; i < payments.Length; i++)
            ShouldBe(values[i], naive.Advance(payments[i]), $"payment {i} of {payments.Length}: {payments[i]}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Early_late_and_repeated_labels_count_from_when_they_were_known(int seed)
    {
        var schema = SchemaOf(EveryKind);
        var payments = Stream(seed, 400, cards: 3, shops: 2, step: 600);
        var naive = new NaiveWindows(EveryKind);
        var state = new WindowState(schema);
        var random = new Random(seed);

        for (var i = 0; i < payments.Length; i++)
        {
            // The naive state evicts nothing, so label only payments that neither state has evicted.
            foreach (var about in Enumerable.Range(0, 3).Select(_ => payments[random.Next(Math.Max(0, i - 30), Math.Min(i + 10, payments.Length))]))
            {
                var (fraud, knownAt) = (random.Next(2) == 0, about.Milliseconds + random.NextInt64(0, 30_000_000));
                naive.Label(about.Id!, fraud, knownAt);
                state.Label(System.Text.Encoding.UTF8.GetBytes(about.Id!), fraud, knownAt);
            }
            ShouldBe(state.Advance([payments[i]])[0], naive.Advance(payments[i]), $"payment {i}: {payments[i]}");
        }
    }

    /// <summary>What somebody asked before, far ahead in time or of a payment that is there, leaves no trace.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_copy_gives_the_next_values_and_changes_none(int seed)
    {
        var schema = SchemaOf(EveryKind);
        var payments = Stream(seed, 1_400, cards: 6, shops: 4, step: 900);
        var (state, undisturbed) = (new WindowState(schema), new WindowState(schema));
        var random = new Random(seed);
        for (var i = 0; i < payments.Length; i += 7)
        {
            foreach (var about in Enumerable.Range(0, 2).Select(_ => payments[random.Next(Math.Max(0, i - 60), Math.Min(i + 30, payments.Length))]))
            {
                var (id, fraud, knownAt) = (System.Text.Encoding.UTF8.GetBytes(about.Id!), random.Next(2) == 0, about.Milliseconds + random.NextInt64(0, 30_000_000));
                state.Label(id, fraud, knownAt);
                undisturbed.Label(id, fraud, knownAt);
            }
            var next = payments[i..Math.Min(i + 7, payments.Length)];
            Payment[] asked = [payments[random.Next(payments.Length)], new(next[0].Time + random.Next(40 * 86400), "c1", 5, "s1", Id: "ahead"), new(next[0].Time, "new", Id: "n")];

            Asked(state, asked);
            var copied = Asked(state, next);
            var values = state.Advance(next);

            Bits(copied).ShouldBe(Bits(values));
            Bits(undisturbed.Advance(next)).ShouldBe(Bits(values));
        }
        (state.Events, state.Keys).ShouldBe((undisturbed.Events, undisturbed.Keys));

        static double[][] Asked(WindowState state, Payment[] payments)
        {
            var reader = new TransactionReader(state.Schema);
            using var rows = new TransactionRows(state.Schema, 4);
            foreach (var payment in payments)
                rows.Add(reader, payment);
            return state.CopyFor(rows).Advance(payments);
        }
    }

    [Fact]
    public void A_copy_holds_only_the_keys_it_is_for()
    {
        var state = new WindowState(SchemaOf(Window("count", WindowKind.Count, Day)));
        state.Advance(Enumerable.Range(0, 20_000).Select(i => new Payment(i, $"c{i % 1000}", Id: $"{i}")));
        using var rows = new TransactionRows(state.Schema, 1);
        rows.Add(new TransactionReader(state.Schema), new Payment(20_000, "c7"));

        var copy = state.CopyFor(rows);

        (copy.Events, copy.Keys).ShouldBe((20, 1));
        copy.MemoryBytes.ShouldBeLessThan(20_000);
    }

    [Fact]
    public void Of_two_labels_the_later_known_replaces_the_earlier_in_any_order()
    {
        var risk = Window("risk", WindowKind.FraudShare, Day) with { Delay = Hour };
        var state = new WindowState(SchemaOf(risk));
        state.Label("t0"u8, false, 9_000_000);
        state.Label("t0"u8, true, 4_000_000);

        var values = state.Advance(new long[] { 0, 3_700, 4_000, 8_999, 9_000, 20_000 }.Select(time => new Payment(time, "c", Fraud: false)), batch: 1);

        // From the second on each sees the first; the last two also count the unlabelled ones between.
        values.Select(row => Math.Ceiling(row[0])).ShouldBe([0, 0, 1, 1, 0, 0]);
    }

    [Fact]
    public void Unmatched_labels_are_dropped_once_no_window_can_see_them()
    {
        var state = new WindowState(SchemaOf(Window("risk", WindowKind.FraudShare, Day) with { Delay = Hour }));
        void Pass(int from, int to)
        {
            for (var i = from; i < to; i++)
            {
                state.Label(System.Text.Encoding.UTF8.GetBytes($"unknown {i}"), true, i * 60_000);
                state.Advance([new Payment(i * 60, "c", Id: $"{i}")]);
            }
        }

        Pass(0, 10_000);
        var bytes = state.MemoryBytes;
        Pass(10_000, 30_000);

        state.MemoryBytes.ShouldBe(bytes);
    }

    [Fact]
    public void Labels_are_read_up_to_the_payments_despite_wrong_clocks()
    {
        var state = new WindowState(SchemaOf(Window("risk", WindowKind.FraudShare, Day) with { Delay = Hour }));
        var number = 0;
        void Read(long moment)
        {
            while (number < 1_000 && state.NeedsLabels(moment))
                state.Label("somebody"u8, true, ++number % 10 == 0 ? 4_000_000_000_000 : number * 1_000);
        }

        Read(200_000);
        var first = number;
        Read(100_000);

        first.ShouldBeInRange(225, 245);
        number.ShouldBe(first);
        new WindowState(SchemaOf(Window("count", WindowKind.Count, Day))).NeedsLabels(0).ShouldBeFalse();
    }

    [Fact]
    public void The_batch_size_changes_no_bit()
    {
        var payments = Stream(6, 2000);

        var one = new WindowState(SchemaOf(EveryKind)).Advance(payments, batch: 1);
        var many = new WindowState(SchemaOf(EveryKind)).Advance(payments, batch: 512);

        Bits(many).ShouldBe(Bits(one));
    }

    [Fact]
    public void A_state_rebuilt_from_a_later_start_gives_the_same_bits()
    {
        var payments = Stream(7, 9000, step: 300).Where(p => p.Time < 1_500_000_000).ToArray();
        var whole = new WindowState(SchemaOf(EveryKind)).Advance(payments);

        // The longest reach of any key is 25 hours; an event may be up to four days late or three days early.
        var (from, to) = (1000, 7500);
        var later = new WindowState(SchemaOf(EveryKind)).Advance(payments[from..]);

        (payments[to].Time - payments[from].Time).ShouldBeInRange(8 * 86_400, 14 * 86_400);
        Bits(later[(to - from)..]).ShouldBe(Bits(whole[to..]));
    }

    [Fact]
    public void Old_keys_and_events_are_evicted_and_memory_stays_bounded()
    {
        var state = new WindowState(SchemaOf(Window("count", WindowKind.Count, Day)));
        Payment At(int i) => new(1_400_000_000 + (i * 60), $"card {i / 3000}.{i % 50}");

        state.Advance(Enumerable.Range(0, 30_000).Select(At), batch: 100);
        var (events, keys, bytes) = (state.Events, state.Keys, state.MemoryBytes);
        state.Advance(Enumerable.Range(30_000, 60_000).Select(At), batch: 100);

        // Two days with a payment a minute, plus what the sweep has not reached yet.
        events.ShouldBeInRange(2 * 1440, 2 * 1440 + 600);
        keys.ShouldBeInRange(50, 160);
        state.Events.ShouldBeInRange(2 * 1440, 2 * 1440 + 600);
        state.Keys.ShouldBeInRange(50, 160);
        state.MemoryBytes.ShouldBe(bytes);
    }

    [Theory]
    [InlineData(1, 20, 1)]
    [InlineData(2, 3_000, 1)]
    [InlineData(3, 3_000, 1500)]
    public void Thousands_of_keys_come_and_go_without_mixing_their_events(int seed, int keysAtOnce, int step)
    {
        const int payments = 60_000;
        var random = new Random(seed);
        var state = new WindowState(SchemaOf(Window("count", WindowKind.Count, Hour), Window("sum", WindowKind.Sum, Day) with { Of = "amount" }));
        var eventsByCard = new Dictionary<string, List<Payment>>();
        var stream = new List<Payment>();
        for (var i = 0; i < payments; i++)
            stream.Add(new Payment(1_400_000_000 + ((long)i * step), $"{new string('k', random.Next(20))}{(i / 5000) + random.Next(keysAtOnce)}", random.Next(1, 500)));

        var values = state.Advance(stream, batch: 500);

        for (var i = 0; i < payments; i++)
        {
            if (!eventsByCard.TryGetValue(stream[i].Card, out var events))
                eventsByCard.Add(stream[i].Card, events = []);
            events.Add(stream[i]);
            events.RemoveAll(p => p.Time <= stream[i].Time - 86_400);
            values[i][0].ShouldBe(events.Count(p => p.Time > stream[i].Time - 3_600));
            values[i][1].ShouldBe(events.Where(p => p.Time > stream[i].Time - 86_400).Sum(p => p.Amount!.Value));
        }
    }

    [Fact]
    public void In_the_steady_state_a_payment_allocates_nothing()
    {
        var schema = SchemaOf(EveryKind);
        var state = new WindowState(schema);
        var reader = new TransactionReader(schema);
        var rows = Enumerable.Range(0, 60).Select(_ => new TransactionRows(schema)).ToArray();
        void Fill()
        {
            foreach (var (batch, at) in rows.Select((batch, at) => (batch, at)))
            {
                batch.Clear();
                for (var i = at * 500; i < (at + 1) * 500; i++)
                    batch.Add(reader, new Payment(1_400_000_000 + (i * 30), $"c{i % 37}", i % 91, $"s{i % 17}", i % 40 == 0, $"t{i}"));
            }
        }

        // Another state allocates the rows' window values.
        Fill();
        foreach (var batch in rows)
            new WindowState(schema).Advance(batch);
        Fill();
        for (var at = 0; at < 40; at++)
            state.Advance(rows[at]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var at = 40; at < rows.Length; at++)
            state.Advance(rows[at]);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        allocated.ShouldBe(0);
        foreach (var batch in rows)
            batch.Dispose();
    }

    [Fact]
    public void Ratios_and_differences_may_use_window_features()
    {
        var schema = SchemaOf(
            new NumberFeature("amount", "amount"),
            Window("mean", WindowKind.Mean, Day) with { Of = "amount", CountsItself = false },
            new RatioFeature("to_mean", "amount", "mean"),
            Window("count", WindowKind.Count, Day),
            new DifferenceFeature("above", "to_mean", "count"));
        var plan = FeaturePlan.Fit(schema, []);
        var reader = new TransactionReader(schema);
        using var rows = new TransactionRows(schema);
        foreach (var amount in new[] { 10, 30, 80 })
            rows.Add(reader, new Payment(1_400_000_000, "c", amount));
        var matrix = new double[3 * plan.Count];

        Should.Throw<InvalidOperationException>(() => plan.Compute(rows, matrix)).Message.ShouldContain("WindowState.Advance must be called");
        new WindowState(schema).Advance(rows);
        plan.Compute(rows, matrix);

        matrix.Chunk(plan.Count).ShouldBe(
        [
            [10, double.NaN, double.NaN, 1, double.NaN],
            [30, 10, 3, 2, 1],
            [80, 20, 4, 3, 1],
        ]);
    }

    [Fact]
    public void Rows_of_another_schema_are_refused_and_no_row_is_added_twice()
    {
        var state = new WindowState(SchemaOf(Window("count", WindowKind.Count, Day)));
        var reader = new TransactionReader(state.Schema);
        using var rows = new TransactionRows(state.Schema);
        using var others = new TransactionRows(SchemaOf(EveryKind));

        rows.Add(reader, new Payment(1_400_000_000, "c"));
        state.Advance(rows);
        rows.Add(reader, new Payment(1_400_000_001, "c"));
        state.Advance(rows);
        state.Advance(rows);

        state.Events.ShouldBe(2);
        rows.WindowValue(1, 0).ShouldBe(2);
        Should.Throw<ArgumentException>(() => state.Advance(others)).Message.ShouldContain("schema windows");
    }

    internal static IEnumerable<long> Bits(double[][] values) => values.SelectMany(row => row.Select(BitConverter.DoubleToInt64Bits));

    static void ShouldBe(double[] values, double[] expected, string what)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            if (double.IsNaN(expected[i]))
                values[i].ShouldBe(double.NaN, $"{EveryKind[i].Name} of {what}");
            else
                values[i].ShouldBe(expected[i], 1e-6, $"{EveryKind[i].Name} of {what}");
        }
    }
}
