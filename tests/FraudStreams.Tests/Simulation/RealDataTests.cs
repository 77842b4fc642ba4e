using System.Buffers;
using FraudStreams.Configuration;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Simulation;

/// <summary>
/// The real samples, as dirty as they are: every row is read, or refused with a reason, alike by both readers.
/// </summary>
[Trait("Category", "Integration")]
public sealed class RealDataTests
{
    [RealDataTheory]
    [InlineData("kaggle-sample-as-found.csv", "cards", 13_280, 0)]
    [InlineData("creditcard-sample.csv", "creditcard", 1_722, 1_722)]
    [InlineData("paysim-first-19999.csv", "paysim", 19_999, 19_999)]
    public void Every_row_of_a_real_sample_is_read_or_refused_with_a_reason(string file, string schemaName, int all, int read)
    {
        var schema = SchemaFile.Read(schemaName);
        var path = RealData.Find(file);
        using var csv = new CsvReader(File.OpenRead(path), schema, path);
        using var toJson = new CsvToJson(File.OpenRead(path), schema, path);
        using var direct = new TransactionRows(schema);
        using var byJson = new TransactionRows(schema);
        var reader = new TransactionReader(schema);
        var record = new ArrayBufferWriter<byte>();
        var reasons = new Dictionary<string, int>();

        while (csv.TryRead(direct, out var reason))
        {
            record.ResetWrittenCount();
            toJson.TryRead(record).ShouldBeTrue();
            reader.Read(record.WrittenSpan, byJson).ShouldBe(reason);
            if (reason is not null)
                reasons[reason.Message] = reasons.GetValueOrDefault(reason.Message) + 1;
        }

        csv.Row.ShouldBe(all);
        direct.Count.ShouldBe(read);
        byJson.Count.ShouldBe(read);
        reasons.Values.Sum().ShouldBe(all - read);
        Enumerable.Range(0, read).Select(row => Convert.ToHexString(direct.Id(row))).Distinct().Count().ShouldBe(read);
        for (var row = 0; row < read; row++)
        {
            for (var field = 0; field < schema.Fields.Length; field++)
                byJson.Number(row, field).ShouldBe(direct.Number(row, field));
        }
    }

    [RealDataFact]
    public void A_spreadsheets_damage_is_named_without_the_card_number()
    {
        var schema = SchemaFile.Read("cards");
        using var csv = new CsvReader(File.OpenRead(RealData.Find("kaggle-sample-as-found.csv")), schema, "kaggle.csv");
        using var rows = new TransactionRows(schema);

        csv.TryRead(rows, out var reason).ShouldBeTrue();

        reason.ShouldBe(new RejectReason(
            RejectCodes.NotATime,
            "trans_date_trans_time: a value of the form 9/9/9999 9:99 is not a time as yyyy-MM-dd HH:mm:ss; day and month cannot be told apart between slashes; " +
            "cc_num: is rounded to scientific notation, as spreadsheets do, and its digits are lost (11 to 19 digits were expected); " +
            "dob: a value of the form 99/99/9999 is not a time as yyyy-MM-dd; day and month cannot be told apart between slashes"));
    }
}
