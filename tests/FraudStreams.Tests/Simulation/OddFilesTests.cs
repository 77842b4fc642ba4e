using System.Buffers;
using System.Globalization;
using System.Text;
using FraudStreams.Configuration;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Simulation;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Simulation;

/// <summary>
/// Files as spreadsheets, R, pandas, databases and Windows tools write them (OddFiles/make.py): each is read as the plain file is, or refused with what would
/// be right. None is read as something else.
/// </summary>
[Trait("Category", "Unit")]
public sealed class OddFilesTests
{
    static readonly string s_folder = Repository.PathOf("tests/FraudStreams.Tests/Simulation/OddFiles");
    static readonly TransactionSchema s_schema = SchemaFile.Read(Path.Combine(s_folder, "payments.conf"));

    static readonly string[] s_payments =
    [
        "t1 2025-01-31T14:13:45 4000000000150461 [Müller, Café] 1980-02-29 115.32 1200 0",
        "t2 2025-02-01T00:00:00 4000000000364274 [A \"B\"] 1975-11-03 -0.5 - 1",
        "t3 2025-02-01T08:05:00 4000000000087109 [] - 1234.5 7 -",
    ];

    [Theory]
    [InlineData("plain.csv")]
    [InlineData("all-quoted.csv")]
    [InlineData("dos.csv")]
    [InlineData("blank-end.csv")]
    [InlineData("bars.txt")]
    [InlineData("tabs.txt")]
    [InlineData("other-names.csv")]
    [InlineData("trailing-separators.csv")]
    [InlineData("excel-utf8.csv")]
    [InlineData("excel-german.csv")]
    [InlineData("excel-french.csv")]
    [InlineData("excel-unicode-text.txt")]
    [InlineData("excel-sep-line.csv")]
    [InlineData("excel-empty-rows.csv")]
    [InlineData("excel-not-available.csv")]
    [InlineData("excel-kept-text.csv")]
    [InlineData("r-write-csv.csv")]
    [InlineData("r-write-csv2.csv")]
    [InlineData("r-names.csv")]
    [InlineData("pandas-index.csv")]
    [InlineData("pandas-index-again.csv")]
    [InlineData("pandas-floats.csv")]
    [InlineData("pandas-nan.csv")]
    [InlineData("pandas-utc.csv")]
    [InlineData("pandas-iso.csv")]
    [InlineData("sql-server.csv")]
    [InlineData("utf16-big-endian.csv")]
    [InlineData("utf16-no-mark.csv")]
    [InlineData("zipped.csv.gz")]
    [InlineData("zipped-utf16.csv.gz")]
    [InlineData("zipped-without-its-name.csv")]
    public void A_file_of_another_program_is_read_as_the_plain_one(string file) => Read(file).ShouldBe(s_payments);

    [Theory]
    [InlineData("excel-german-no-seconds.csv", 1, 2)]
    [InlineData("pandas-days.csv", 1, 1)]
    public void A_time_without_its_zeros_is_read(string file, int first, int count) => Read(file).ShouldBe(s_payments.Skip(first).Take(count));

    /// <summary>The rows that are left, and the first reason.</summary>
    [Theory]
    [InlineData("latin1.csv", 2, "not-utf8", "iconv -f WINDOWS-1252 -t UTF-8")]
    [InlineData("excel-german-ansi.csv", 2, "not-utf8", "iconv -f WINDOWS-1252 -t UTF-8")]
    [InlineData("excel-french-dates.csv", 0, "not-a-time", "day and month cannot be told apart between slashes")]
    [InlineData("excel-scientific.csv", 0, "damaged-number", "is rounded to scientific notation, as spreadsheets do, and its digits are lost")]
    [InlineData("excel-german-scientific.csv", 0, "damaged-number", "is rounded to scientific notation, as spreadsheets do, and its digits are lost")]
    [InlineData("pandas-card-float.csv", 0, "damaged-number", "is written as a decimal number, not as digits")]
    [InlineData("excel-groups.csv", 2, "wrong-type", "write it with a decimal point and without group separators")]
    [InlineData("excel-german-groups.csv", 2, "wrong-type", "write it with a decimal point and without group separators")]
    [InlineData("label-words.csv", 1, "wrong-type", "1 is fraud, 0 is not")]
    [InlineData("required-missing.csv", 0, "wrong-type", "amount: a value of the form AA is not a number")]
    [InlineData("id-missing.csv", 0, "empty-field", "id: is empty")]
    [InlineData("trailing-value.csv", 0, "column-count", "has a value in column 9, which has no name")]
    [InlineData("r-write-table.txt", 0, "column-count", "row names a column name")]
    public void What_can_mean_two_things_is_rejected_with_the_cure(string file, int left, string code, string cure)
    {
        var rows = Read(file, out var reasons);

        rows.Count.ShouldBe(left);
        rows.ShouldBeSubsetOf(s_payments);
        reasons.Count.ShouldBe(3 - left);
        reasons[0].Code.ShouldBe(code);
        reasons[0].Message.ShouldContain(cure);
        reasons.ShouldAllBe(reason => !reason.Message.Contains("4000000000"));
    }

    [Theory]
    [InlineData("empty.csv", "empty.csv: is empty; its first line must name the columns")]
    [InlineData("no-header.csv", "does the file begin with a line of column names")]
    [InlineData("column-twice.csv", "column amount appears twice")]
    [InlineData("old-mac.csv", "its lines end in CR alone; give them LF")]
    [InlineData("excel-workbook.xlsx", "is a ZIP archive or a workbook: unpack it, or save the sheet as CSV")]
    [InlineData("zipped-cut.csv.gz", "is gzip and cannot be read to its end")]
    [InlineData("utf16-damaged.csv", "is UTF-16 and cannot be read to its end: line ")]
    public void What_is_no_csv_is_refused_with_the_cure(string file, string cure)
    {
        var refusal = Should.Throw<Exception>(() => Read(file));

        (refusal is SchemaException or SettingsException or IOException).ShouldBeTrue(refusal.ToString());
        refusal.Message.ShouldContain(file);
        refusal.Message.ShouldContain(cure);
        refusal.Message.ShouldNotContain("4000000000");
    }

    [Fact]
    public void Each_file_is_tested()
    {
        var tested = typeof(OddFilesTests).GetMethods().SelectMany(method => method.GetCustomAttributes(typeof(InlineDataAttribute), false))
            .Select(data => (string)((InlineDataAttribute)data).GetData(null!).Single()[0]);

        tested.Order(StringComparer.Ordinal).ShouldBe(Directory.EnumerateFiles(s_folder).Select(file => Path.GetFileName(file))
            .Where(file => file is not ("make.py" or "payments.conf")).Order(StringComparer.Ordinal));
    }

    static List<string> Read(string file)
    {
        var rows = Read(file, out var reasons);
        reasons.ShouldBeEmpty();
        return rows;
    }

    /// <summary>The payments as training reads them, which has to be what the stream makes of the same file.</summary>
    static List<string> Read(string file, out List<RejectReason> reasons)
    {
        var path = Path.Combine(s_folder, file);
        using var rows = new TransactionRows(s_schema);
        reasons = [];
        using (var input = InputFile.Open(path, s_schema.Csv))
        using (var csv = new CsvReader(input.Stream, s_schema, file, format: input.Format))
        {
            while (csv.TryRead(rows, out var reason))
            {
                if (reason is not null)
                    reasons.Add(reason);
            }
        }

        using var streamed = new TransactionRows(s_schema);
        using var feed = new CsvFeed(path, s_schema);
        var reader = new TransactionReader(s_schema);
        var json = new ArrayBufferWriter<byte>();
        var rejected = 0;
        for (; feed.TryRead(json); json.ResetWrittenCount())
        {
            if (reader.Read(json.WrittenSpan, streamed) is not null)
                rejected++;
            else
                Encoding.UTF8.GetString(feed.Key).ShouldBe(Encoding.UTF8.GetString(streamed.Key(streamed.Count - 1)));
        }

        rejected.ShouldBe(reasons.Count);
        Texts(streamed).ShouldBe(Texts(rows));
        return Texts(rows);
    }

    static List<string> Texts(TransactionRows rows) => [.. Enumerable.Range(0, rows.Count).Select(row => string.Join(' ',
        Encoding.UTF8.GetString(rows.Id(row)),
        DateTimeOffset.FromUnixTimeMilliseconds(rows.EventTime(row)).ToString("s", CultureInfo.InvariantCulture),
        Encoding.UTF8.GetString(rows.Key(row)),
        $"[{Encoding.UTF8.GetString(rows.Text(row, s_schema.IndexOf("shop")))}]",
        rows.Integer(row, s_schema.IndexOf("born")) is { } born ? DateTimeOffset.FromUnixTimeMilliseconds(born).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : "-",
        rows.Number(row, s_schema.AmountField).ToString(CultureInfo.InvariantCulture),
        rows.Integer(row, s_schema.IndexOf("people"))?.ToString(CultureInfo.InvariantCulture) ?? "-",
        rows.Label(row) switch { true => "1", false => "0", null => "-" }))];
}
