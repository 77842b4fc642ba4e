using System.Text;
using FraudStreams.Configuration;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.Simulation;
using FraudStreams.Simulation.Generation;
using FraudStreams.Tests.WholeProgram;
using Parquet;
using Parquet.Schema;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Simulation;

/// <summary>Files in the forms that they come in: what is damaged or of another kind is refused with its place. That the others have the same scores is for <see cref="SameScoresTests"/>.</summary>
[Trait("Category", "Unit")]
public sealed class PaymentFormsTests : IDisposable
{
    const int Payments = 3_000;

    readonly TemporaryFolder _folder = new();
    readonly string _plain;

    public PaymentFormsTests()
    {
        _plain = Path.Combine(_folder, "payments.csv");
        GeneratedCsv.Write(_plain, new PaymentGenerator(TrainedModel.Generator(seed: 8)), Payments);

        // What the encoding of a file decides.
        File.WriteAllText(_plain, File.ReadAllText(_plain).Replace("St", "Süß"));
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("payments.csv.gz", "payments.csv.gz is gzip and cannot be read to its end: it is cut")]
    [InlineData("payments.csv.zst", "payments.csv.zst is zstd and cannot be read to its end: it is cut before the end of its data")]
    [InlineData("pandas.parquet", "pandas.parquet is Parquet and cannot be read to its end")]
    public async Task A_file_that_is_cut_is_refused_and_no_row_of_it_is_read(string form, string refusal)
    {
        var path = await PaymentForms.WriteAsync(_plain, form);
        await using (var file = File.OpenWrite(path))
            file.SetLength(file.Length * 2 / 3);

        Should.Throw<IOException>(() => ReasonsOf(path, TrainedModel.Schema)).Message.ShouldStartWith(refusal);
        Should.Throw<IOException>(() => new CsvFeed(path, TrainedModel.Schema)).Message.ShouldStartWith(refusal);
    }

    [Theory]
    [InlineData("payments.csv.zst")]
    [InlineData("pandas.parquet")]
    public async Task A_file_that_is_damaged_is_refused(string form)
    {
        var path = await PaymentForms.WriteAsync(_plain, form);
        var bytes = await File.ReadAllBytesAsync(path);
        for (var at = bytes.Length / 2; at < (bytes.Length / 2) + 2_000; at++)
            bytes[at] ^= 0x5A;
        await File.WriteAllBytesAsync(path, bytes);

        Should.Throw<IOException>(() => ReasonsOf(path, TrainedModel.Schema)).Message.ShouldStartWith($"{form} is ");
    }

    [Fact]
    public async Task A_Parquet_file_of_other_types_is_rejected_row_by_row_with_its_field()
    {
        var path = Path.Combine(_folder, "other.parquet");
        var schema = SchemaFile.Parse("""
            name = small
            roles { id = id, time = at, amount = amount }
            fields = [ { name = id, type = text }, { name = at, type = time, format = unix-seconds }, { name = amount, type = number }, { name = city, type = text, optional = on } ]
            features = [ { name = amount, number = amount } ]
            """, "small.conf");
        var parquet = new ParquetSchema(
            new DataField<bool>("amount"), new DataField<Guid>("id"), new DataField<double>("at"), new ListField("items", new DataField<int>("item")), new DataField<string>("city"));
        await using (var file = File.Create(path))
        await using (var writer = await ParquetWriter.CreateAsync(parquet, file))
        {
            using var group = writer.CreateRowGroup();
            await group.WriteAsync<bool>(parquet.DataFields[0], new[] { true, false });
            await group.WriteAsync<Guid>(parquet.DataFields[1], new[] { new Guid(1, 2, 3, new byte[8]), new Guid(2, 2, 3, new byte[8]) });
            await group.WriteAsync<double>(parquet.DataFields[2], new[] { 1_738_332_825.0, double.NaN });
            var list = parquet.DataFields[3];
            await group.WriteAllPartsAsync<int>(list, new[] { 1, 2 }, new[] { list.MaxDefinitionLevel, list.MaxDefinitionLevel }, new[] { 0, 0 }, default);
            await group.WriteAsync(parquet.DataFields[4], (string?[])["a;\"b\"", null]);
        }

        var reasons = ReasonsOf(path, schema);

        reasons[0].ShouldBe("row 1: amount: \"true\" is not a number");
        reasons[1].ShouldBe("row 2: amount: \"false\" is not a number");
        using var input = InputFile.Open(path, schema.Csv);
        CsvHeader.Read(input.Stream, "other.parquet", input.Format).Names.ShouldBe(["amount", "id", "at", "city", "items (nested, not read)"]);
        Should.Throw<SchemaException>(() => ReasonsOf(path, TrainedModel.Schema)).Message.ShouldContain("items (nested, not read)");
    }

    [Fact]
    public async Task A_wrong_encoding_is_said_with_file_line_and_field()
    {
        var german = await PaymentForms.WriteAsync(_plain, PaymentForms.German);
        var first = File.ReadAllLines(german, Encoding.Latin1).ToList().FindIndex(line => line.Contains("Süß")) + 1;
        var schema = PaymentForms.SchemaOf(PaymentForms.German);

        var reason = ReasonsOf(german, schema with { Csv = schema.Csv with { Encoding = null } })[0];

        reason.ShouldStartWith($"line {first}: ");
        reason.ShouldContain(": is not UTF-8 text; csv.encoding = windows-1252 in the schema reads a file of a Western spreadsheet");
        Should.Throw<IOException>(() => ReasonsOf(_plain, TrainedModel.Schema with { Csv = new CsvFormat { Encoding = "latin-1" } })).Message
            .ShouldBe("payments.csv is read as latin-1 (csv.encoding of the schema) and cannot be read to its end: its text is UTF-8: leave the encoding out");
        Should.Throw<IOException>(() => ReasonsOf(german, schema with { Csv = schema.Csv with { Encoding = "shift_jis" } })).Message.ShouldContain("german.csv is read as shift_jis");
    }

    [Fact]
    public void A_date_of_another_pattern_is_said_with_line_and_field()
    {
        var schema = TrainedModel.Schema with { Csv = new CsvFormat { Times = [CsvTimeFormat.Parse("MM/dd/yyyy HH:mm:ss", out _)] } };
        var lines = File.ReadAllLines(_plain);
        var date = Array.IndexOf(lines[0].Split(','), "trans_date_trans_time");
        File.WriteAllLines(_plain, lines.Select((line, row) => row != 7 ? line : string.Join(',', line.Split(',').Select((cell, column) => column == date ? "31/01/2012 00:00:00" : cell))));

        var reasons = ReasonsOf(_plain, schema);

        reasons.ShouldHaveSingleItem().ShouldStartWith(
            "line 8: trans_date_trans_time: a value of the form 99/99/9999 99:99:99 is not a time as yyyy-MM-dd HH:mm:ss, in files MM/dd/yyyy HH:mm:ss");
    }

    static List<string> ReasonsOf(string path, TransactionSchema schema)
    {
        var reasons = new List<string>();
        foreach (var rows in new CsvHistory(path, schema).Read(_ => { }, reason => reasons.Add(reason.Message), default))
            rows.Count.ShouldBeGreaterThan(0);
        return reasons;
    }
}
