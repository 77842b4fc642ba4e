using System.Diagnostics;
using System.Text;
using FraudStreams.Configuration;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Bench;

/// <summary>
/// The window state of schema `cards` over many cards with two payments a day, in random order of cards, until every window is full: payments per
/// second, bytes a key and a payment, and the time to write and read a snapshot. All windows are set to the given length.
/// <c>… -- windows [cards] [days]</c>
/// </summary>
static class WindowsBench
{
    const int BatchRows = 500;
    const int PaymentsADay = 2;
    const int Seed = 1;

    public static void Run(int cards, int days)
    {
        var schema = Stretched(SchemaFile.Read("cards"), TimeSpan.FromDays(days));
        var reach = schema.WindowFeatures.Max(w => w.Over + w.Delay);
        var payments = (long)((reach.TotalDays + 2) * PaymentsADay * cards);
        var state = new WindowState(schema);
        using var rows = new TransactionRows(schema, BatchRows);
        var advancing = Watch(state, rows, payments, cards);
        Console.WriteLine($"{schema.WindowFeatures.Length} windows over {days} days: {cards:N0} cards, {PaymentsADay} payments a day each");
        Console.WriteLine($"{payments:N0} payments at {payments / advancing.TotalSeconds:N0}/s, reading not counted");
        var bytes = (double)state.MemoryBytes;
        Console.WriteLine($"{bytes / 1e6:N1} MB for {state.Keys:N0} keys and {state.Events:N0} payments held");
        Console.WriteLine($"{bytes / state.Keys:N0} bytes a key, {bytes / state.Events:N1} a payment");

        using var snapshot = new MemoryStream();
        var started = Stopwatch.GetTimestamp();
        state.Write(snapshot, "position"u8);
        var written = Stopwatch.GetElapsedTime(started);
        snapshot.Position = 0;
        started = Stopwatch.GetTimestamp();
        WindowState.Read(snapshot, schema, out _);
        var read = Stopwatch.GetElapsedTime(started);
        Console.WriteLine($"snapshot of {snapshot.Length / 1e6:N1} MB, written in {written.TotalSeconds:N2} s, read in {read.TotalSeconds:N2} s");
    }

    static TransactionSchema Stretched(TransactionSchema schema, TimeSpan over) =>
        TransactionSchema.Create(new SchemaDraft(schema.Name, schema.Fields, schema.Roles)
        {
            Features = [.. schema.Features.Select(feature => feature is WindowFeature window ? window with { Over = over } : feature)],
        });

    /// <summary>Time spent in the window state alone.</summary>
    static TimeSpan Watch(WindowState state, TransactionRows rows, long payments, int cards)
    {
        var random = new Random(Seed);
        var reader = new TransactionReader(state.Schema);
        var watch = new Stopwatch();
        var millisecondsEach = 86_400_000.0 / PaymentsADay / cards;
        for (var payment = 0L; payment < payments; payment++)
        {
            var time = 1_600_000_000 + (long)(payment * millisecondsEach / 1000);
            var record = Payment(state.Schema, payment, time, random.Next(cards), random.Next(1, 100_000) / 100.0);
            if (reader.Read(record, rows) is { } reason)
                throw new InvalidDataException(reason.Message);
            if (rows.Count < BatchRows && payment < payments - 1)
                continue;
            watch.Start();
            state.Advance(rows);
            watch.Stop();
            rows.Clear();
        }
        return watch.Elapsed;
    }

    /// <summary>A record with a value in every field, and the given card, time and amount.</summary>
    static byte[] Payment(TransactionSchema schema, long id, long time, int card, double amount)
    {
        var json = new StringBuilder("{");
        foreach (var (field, at) in schema.Fields.Select((field, at) => (field, at)))
        {
            if (at == schema.LabelField)
                continue;
            json.Append(json.Length > 1 ? "," : "").Append('"').Append(field.Name).Append("\":");
            json.Append(at switch
            {
                _ when at == schema.IdField => $"\"{id}\"",
                _ when at == schema.CardField => $"\"4{card:000000000000000}\"",
                _ when at == schema.AmountField => $"{amount}",
                _ when field.Type == FieldType.Time => Time(field, time),
                _ when field.Type == FieldType.Text => $"\"{field.Name} {card % 20}\"",
                _ => "1",
            });
        }
        return Encoding.UTF8.GetBytes(json.Append('}').ToString());
    }

    static string Time(SchemaField field, long unixSeconds)
    {
        var time = DateTimeOffset.FromUnixTimeSeconds(unixSeconds);
        return field.TimeFormats.Contains(TimeFormat.UnixSeconds) ? $"{unixSeconds}"
            : field.TimeFormats.Contains(TimeFormat.Date) ? $"\"{time:yyyy-MM-dd}\""
            : $"\"{time:yyyy-MM-dd HH:mm:ss}\"";
    }
}
