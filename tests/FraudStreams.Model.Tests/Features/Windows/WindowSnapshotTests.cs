using System.Text;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Schemas;
using Shouldly;
using Xunit;
using static FraudStreams.Model.Tests.Features.Windows.WindowPayments;

namespace FraudStreams.Model.Tests.Features.Windows;

public sealed class WindowSnapshotTests
{
    [Theory]
    [InlineData(11, 0)]
    [InlineData(12, 1)]
    [InlineData(13, 62)]
    [InlineData(14, 63)]
    [InlineData(15, 700)]
    [InlineData(16, 1234)]
    public void A_restored_state_continues_with_the_same_bits(int seed, int at)
    {
        var payments = Stream(seed, 2000);
        void Label(WindowState state, int i) => state.Label(Encoding.UTF8.GetBytes($"t{i}"), true, payments[i].Milliseconds + 7_200_000);
        var whole = new WindowState(SchemaOf(EveryKind));
        whole.Advance(payments[..at]);
        for (var i = 0; i < Math.Min(at + 50, payments.Length); i += 3)
            Label(whole, i);
        var snapshot = Snapshot(whole, "offset 7");

        var restored = WindowState.Read(new MemoryStream(snapshot), SchemaOf(EveryKind), out var position);

        Encoding.UTF8.GetString(position).ShouldBe("offset 7");
        (restored.Events, restored.Keys).ShouldBe((whole.Events, whole.Keys));
        for (var i = at; i < payments.Length; i += 100)
        {
            var next = payments[i..Math.Min(i + 100, payments.Length)];
            WindowStateTests.Bits(restored.Advance(next)).ShouldBe(WindowStateTests.Bits(whole.Advance(next)));
            // One payment that has arrived, and one that arrives later.
            foreach (var about in new[] { Math.Max(0, i - 1), Math.Min(i + 150, payments.Length - 1) })
            {
                Label(whole, about);
                Label(restored, about);
            }
        }
        // Writing evicts what no window can see any more.
        (Snapshot(restored, "").Length, restored.Events, restored.Keys).ShouldBe((Snapshot(whole, "").Length, whole.Events, whole.Keys));
    }

    /// <summary>Windows by the card alone, by card and shop, and by the shop: after a rotation of the key of tokens they go on as if there had been none.</summary>
    [Fact]
    public void Windows_go_on_across_a_rotation_with_the_same_bits()
    {
        var schema = SchemaOf(EveryKind);
        CardTokenKey older = new("a", [.. Enumerable.Repeat((byte)1, 32)]), newer = new("longer", [.. Enumerable.Repeat((byte)2, 32)]);
        CardTokens before = new(schema, [older]), after = new(schema, [newer, older]);
        var payments = Stream(31, 1_000);
        var (whole, rotated) = (new WindowState(schema), new WindowState(schema));
        whole.Advance(payments[..500].Select(payment => payment with { Card = before.Of(payment.Card)[0] }));
        rotated.Advance(payments[..500].Select(payment => payment with { Card = before.Of(payment.Card)[0] }));

        rotated = WindowState.Read(new MemoryStream(Snapshot(rotated, "")), schema, out _, cards: after);

        (rotated.Keys, rotated.Events).ShouldBe((whole.Keys, whole.Events));
        WindowStateTests.Bits(rotated.Advance(payments[500..].Select(payment => payment with { Card = after.Of(payment.Card)[0] })))
            .ShouldBe(WindowStateTests.Bits(whole.Advance(payments[500..].Select(payment => payment with { Card = before.Of(payment.Card)[0] }))));
        rotated.Write(new MemoryStream(), [], [Encoding.UTF8.GetBytes(before.Of(payments[0].Card)[0])]).ShouldBe(0, "the former token is gone");
    }

    [Fact]
    public void A_snapshot_with_a_changed_or_missing_byte_is_refused()
    {
        var state = new WindowState(SchemaOf(EveryKind));
        state.Advance(Stream(21, 200));
        var snapshot = Snapshot(state, "p");

        for (var at = 0; at < snapshot.Length; at += at < 200 ? 1 : 37)
        {
            var damaged = (byte[])snapshot.Clone();
            damaged[at] ^= 0x10;
            Should.Throw<WindowSnapshotException>(() => WindowState.Read(new MemoryStream(damaged), SchemaOf(EveryKind), out _), $"byte {at}");
            Should.Throw<WindowSnapshotException>(() => WindowState.Read(new MemoryStream(snapshot[..at]), SchemaOf(EveryKind), out _), $"cut at {at}");
        }
        Should.Throw<WindowSnapshotException>(() => WindowState.Read(new MemoryStream([.. snapshot, 0]), SchemaOf(EveryKind), out _))
            .Message.ShouldContain("damaged");
    }

    [Fact]
    public void A_snapshot_fits_every_schema_with_the_same_windows_and_no_other()
    {
        var snapshot = Snapshot(new WindowState(SchemaOf(EveryKind)), "");

        WindowState.Read(new MemoryStream(snapshot), SchemaOf([new NumberFeature("more", "cost"), .. EveryKind]), out _).Events.ShouldBe(0);
        Should.Throw<WindowSnapshotException>(() => WindowState.Read(new MemoryStream(snapshot), SchemaOf(EveryKind.RemoveAt(0)), out _))
            .Message.ShouldContain("of other window definitions");
    }

    static byte[] Snapshot(WindowState state, string position)
    {
        using var stream = new MemoryStream();
        state.Write(stream, Encoding.UTF8.GetBytes(position));
        return stream.ToArray();
    }
}
