using FraudStreams.Model.Csv;
using FraudStreams.Model.Schemas;
using FraudStreams.Model.Tests.Schemas;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Csv;

public sealed class CsvTimeOrderTests
{
    const string Header = "at,card,shop,kind,amount";

    /// <summary>A schema with synthetic ids: file name and row number.</summary>
    static readonly TransactionSchema Schema = TransactionSchema.Create(TestSchemas.Draft with
    {
        Fields = [.. TestSchemas.Draft.Fields.Where(field => field.Name != "id")],
        Roles = TestSchemas.Draft.Roles with { Id = "id", IdFromRow = true },
    });

    [Fact]
    public void Rows_are_read_in_time_order_and_keep_their_number_and_line()
    {
        var csv = $"""
            {Header}
            30,1111111111111111,a,x,1
            10,2222222222222222,"b, ""c""
            d",x,2

            20,3333333333333333,e,x,3
            no time,4444444444444444,f,x,4
            10,5555555555555555,"never closed,x,5
            10,6666666666666666,g,x,6
            too few
            5,7777777777777777,h,x,7
            """;

        var read = Read(csv, out var stretches);

        read.ShouldBe(
        [
            "row 8, line 11: t.csv:8 5 h",
            "row 2, line 3: t.csv:2 10 b, \"c\"\nd",
            "row 6, line 9: t.csv:6 10 g",
            "row 7, line 10: column-count",
            "row 3, line 6: t.csv:3 20 e",
            "row 4, line 7: not-a-time",
            "row 5, line 8: open-quote",
            "row 1, line 2: t.csv:1 30 a",
        ]);
        stretches.ShouldBe(5);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public void A_file_in_time_order_is_one_range(string end)
    {
        var read = Read(string.Join(end, Header, "1,1111111111111111,a,x,1", "", "2,1111111111111111,b,x,1", "2,1111111111111111,c,x,1") + end, out var stretches);

        stretches.ShouldBe(1);
        read.ShouldBe(["row 1, line 2: t.csv:1 1 a", "row 2, line 4: t.csv:2 2 b", "row 3, line 5: t.csv:3 2 c"]);
    }

    [Fact]
    public void A_large_shuffled_file_is_read_as_the_same_rows_sorted()
    {
        var random = new Random(5);
        var rows = Enumerable.Range(1, 20_000).Select(row => (Time: random.Next(3_000), Row: row)).ToList();
        var csv = Header + "\n" + string.Join('\n', rows.Select(row => $"{row.Time},1111111111111111,{new string('s', random.Next(1, 60))},x,1"));

        var read = Read(csv, out _);

        read.Select(text => text.Split(' ')[1]).ShouldBe(rows.OrderBy(row => row.Time).Select(row => $"{row.Row},"));
    }

    [Fact]
    public void Only_the_first_rows_are_sorted_when_limited()
    {
        var read = Read($"{Header}\n3,1111111111111111,a,x,1\n2,1111111111111111,b,x,1\n1,1111111111111111,c,x,1", out _, mostRows: 2);

        read.ShouldBe(["row 2, line 3: t.csv:2 2 b", "row 1, line 2: t.csv:1 3 a"]);
    }

    [Fact]
    public void A_file_without_rows_is_read_as_empty()
    {
        Read(Header, out _).ShouldBeEmpty();
        Should.Throw<SchemaException>(() => Read("card,shop,kind,amount\n", out _)).Message.ShouldContain("column at of schema small is missing");
    }

    static List<string> Read(string csv, out int stretches, long mostRows = long.MaxValue)
    {
        var stream = new MemoryStream(csv.ReplaceLineEndings(csv.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n").Utf8());
        var order = CsvTimeOrder.Of(stream, Schema, "t.csv", mostRows, default);
        stretches = order.Ranges.Length;
        stream.Position = 0;
        using var reader = new CsvReader(stream, Schema, "t.csv");
        using var rows = new TransactionRows(Schema);
        var read = new List<string>();
        foreach (var stretch in order.Ranges)
        {
            reader.MoveTo(stretch);
            while (reader.TryRead(rows, out var reason))
            {
                read.Add($"row {reader.Row}, line {reader.Line}: {reason?.Code ?? $"{rows.Id(0).Text()} {rows.EventTime(0) / 1000} {rows.Text(0, Schema.IndexOf("shop")).Text()}"}");
                rows.Clear();
            }
        }

        order.Rows.ShouldBe(read.Count);
        return read;
    }
}
