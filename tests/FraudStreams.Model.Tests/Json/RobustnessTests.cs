using System.Text;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Model.Tests.Schemas;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Json;

public sealed class RobustnessTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void No_mutation_of_a_record_throws_or_touches_the_rows_before_it(int seed)
    {
        var random = new Random(seed);
        var reader = new TransactionReader(TestSchemas.Small);
        using var rows = new TransactionRows(TestSchemas.Small, expectedRows: 1);
        var good = TestSchemas.Good.Utf8();
        reader.Read(good, rows).ShouldBeNull();
        var (accepted, rejected) = (0, 0);

        for (var i = 0; i < 30_000; i++)
        {
            var record = Mutate(good, random);
            var before = rows.Count;

            var reason = reader.Read(record, rows);

            if (reason is null)
            {
                accepted++;
                rows.Count.ShouldBe(before + 1);
                rows.Source(before).SequenceEqual(record).ShouldBeTrue();
                rows.Id(before).IsEmpty.ShouldBeFalse();
                double.IsFinite(rows.Amount(before)).ShouldBeTrue();
            }
            else
            {
                rejected++;
                rows.Count.ShouldBe(before);
                reason.Message.ShouldNotBeNullOrWhiteSpace();
                reason.Message.ShouldNotContain("6565356119945483");
                reason.Message.ShouldNotContain("1969-03-10");
            }
            if (rows.Count > 50)
            {
                rows.Id(0).Text().ShouldBe("t1");
                rows.Source(0).SequenceEqual(good).ShouldBeTrue();
                rows.Clear();
                reader.Read(good, rows).ShouldBeNull();
            }
        }
        accepted.ShouldBeGreaterThan(500);
        rejected.ShouldBeGreaterThan(500);
    }

    [Fact]
    public void No_mutation_of_a_csv_file_throws_or_loses_a_byte_of_a_line()
    {
        var random = new Random(3);
        const string header = "id,at,card,kind,amount\n";
        var body = string.Concat(Enumerable.Range(0, 20).Select(i => $"t{i},1325376108,6565356119945483,\"a,b\"\"c\",1.5\r\n")).Utf8();
        for (var i = 0; i < 2000; i++)
        {
            byte[] csv = [.. header.Utf8(), .. Mutate(body, random)];
            using var reader = new CsvReader(new MemoryStream(csv), TestSchemas.Small, "f.csv");
            using var toJson = new CsvToJson(new MemoryStream(csv), TestSchemas.Small, "f.csv");
            using var rows = new TransactionRows(TestSchemas.Small);
            var into = new System.Buffers.ArrayBufferWriter<byte>();

            while (reader.TryRead(rows, out var reason))
                (reason?.Message ?? "").ShouldNotContain("6565356119945483");
            while (toJson.TryRead(into))
            {
            }

            toJson.Row.ShouldBe(reader.Row);
            toJson.Position.Offset.ShouldBe(csv.Length);
        }
    }

    [Fact]
    public void Reading_and_clearing_allocate_nothing_in_the_steady_state()
    {
        var reader = new TransactionReader(TestSchemas.Small);
        using var rows = new TransactionRows(TestSchemas.Small);
        var record = TestSchemas.Good.Replace("Murray", "Caf\\u00e9").Utf8();
        reader.Read(record, rows).ShouldBeNull();

        Allocations.Of(() =>
        {
            rows.Clear();
            for (var i = 0; i < 500; i++)
                _ = reader.Read(record, rows);
        }).ShouldBe(0);
    }

    [Fact]
    public void A_disposed_batch_cannot_be_used()
    {
        var rows = new TransactionRows(TestSchemas.Small);
        new TransactionReader(TestSchemas.Small).Read(TestSchemas.Good.Utf8(), rows).ShouldBeNull();
        rows.Dispose();
        rows.Dispose();

        rows.Count.ShouldBe(0);
        Should.Throw<ArgumentOutOfRangeException>(() => rows.Number(0, 0));
        Should.Throw<ObjectDisposedException>(() => new TransactionReader(TestSchemas.Small).Read(TestSchemas.Good.Utf8(), rows));
    }

    static byte[] Mutate(byte[] good, Random random)
    {
        var bytes = good.ToList();
        string[] tokens = ["{", "}", "[", "]", "\"", ",", ":", "\\u", "\\ud83d", "null", "true", "1e999", "-", "NaN", "\0", "\r\n", "\"id\":1,", "{\"a\":"];
        for (var changes = random.Next(1, 4); changes > 0 && bytes.Count > 4; changes--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at));
                    break;
                case 2:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(tokens[random.Next(tokens.Length)]));
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 40), bytes.Count - at)));
                    break;
                case 4:
                    bytes[at] = (byte)(bytes[at] ^ (1 << random.Next(8)));
                    break;
                default:
                    bytes[at] = (byte)"0123456789abcxyz.-"[random.Next(18)];
                    break;
            }
        }
        return [.. bytes];
    }
}
