using FraudStreams.Configuration;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Guessing;
using FraudStreams.Tests.Simulation;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;
using Xunit.Abstractions;

namespace FraudStreams.Tests.ModelOps;

/// <summary>What `schema guess` makes of files that nobody described: real samples and invented shops.</summary>
[Trait("Category", "Unit")]
public sealed class SchemaGuessTests(ITestOutputHelper output) : IDisposable
{
    const int Payments = 8_000;

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Files => [.. InventedFiles.All.Select(file => file.File)];

    /// <summary>The average precision on the latest fifth, beside that of a schema that was written by hand.</summary>
    [Theory]
    [MemberData(nameof(Files))]
    public void An_invented_file_is_read_whole_and_trains_nearly_as_well_as_by_hand(string file)
    {
        var path = InventedFiles.Write(_folder, file, Payments);
        var (_, byHand, roles) = InventedFiles.All.Single(invented => invented.File == file);

        var guess = SchemaGuesser.Of(path, rows: 6_000).ShouldNotBeNull();

        output.WriteLine(guess.Text);
        guess.Missing.ShouldBeEmpty();
        var schema = SchemaFile.Parse(guess.Text, "guess.conf");
        RolesOf(schema).ShouldBe(roles);
        ReadAll(path, schema).ShouldBeInRange(Payments, Payments + 2);
        var (guessed, written) = (Train(path, schema), Train(path, SchemaFile.Parse(byHand, "by-hand.conf")));
        output.WriteLine($"{file}: average precision {guessed:F3} with the guess, {written:F3} by hand");
        guessed.ShouldBeGreaterThan(written - 0.1);
    }

    [RealDataTheory]
    [InlineData("creditcard-sample.csv", "id Time - Amount Class -", 1_722)]
    [InlineData("paysim-first-19999.csv", "id step nameOrig amount isFraud nameDest", 19_999)]
    [InlineData("kaggle-sample-as-found.csv", "trans_num unix_time cc_num amt is_fraud merchant", 13_280)]
    public void A_real_sample_is_read_whole(string file, string roles, long rows)
    {
        var path = RealData.Find(file);

        var schema = SchemaFile.Parse(SchemaGuesser.Of(path, rows: 50_000)!.Text, "guess.conf");

        RolesOf(schema).ShouldBe(roles);
        ReadAll(path, schema).ShouldBe(rows);
    }

    [Fact]
    public void What_says_the_label_names_somebody_or_comes_later_is_no_feature()
    {
        var rows = Enumerable.Range(0, 400).Select(row => $"{row},2025-01-{1 + (row % 28):D2} 10:00:00,{row % 40},{row % 17}.5,{(row % 10 == 0 ? 1 : 0)},{(row % 10 == 0 ? 3 : 1)},{row},k{row % 3}@x.de,0{row % 7}001");
        var path = Write("a.csv", ["id,at,customer,amount,fraud,reason_code_x,refund_amount,contact,plz", .. rows]);

        var guess = SchemaGuesser.Of(path, rows: 1_000).ShouldNotBeNull();

        var schema = SchemaFile.Parse(guess.Text, "guess.conf");
        var inputs = schema.Features.Select(feature => feature switch { NumberFeature f => f.Field, CategoryFeature f => f.Field, _ => "" }).Where(field => field.Length > 0);
        inputs.ShouldBe(["amount"]);
        guess.Text.ShouldContain("# reason_code_x is left out: by itself it says the label in the sample");
        guess.Text.ShouldContain("# refund_amount is left out: by its name it is known only after the payment");
        schema.Fields.Where(field => field.Secret).Select(field => field.Name).ShouldBe(["customer", "contact", "plz"]);
        schema.Fields[schema.IndexOf("plz")].Type.ShouldBe(FieldType.Text);
        guess.Text.ShouldNotContain("k1@x.de");
    }

    [Fact]
    public void Days_and_months_are_told_apart_by_the_order_of_the_rows_and_it_is_said()
    {
        var path = Write("a.csv", ["id,date,total", .. ((string[])["01/12", "02/01", "02/11", "03/02", "04/03"]).Select((day, row) => $"{row},{day}/2024,1.5")]);

        var guess = SchemaGuesser.Of(path, rows: 100)!.Text;

        guess.ShouldContain("times = [\"MM/dd/yyyy\"]   # date fits \"dd/MM/yyyy\" as well");
    }

    [Fact]
    public void Of_two_clocks_as_fine_the_one_whose_zone_is_known_is_the_time()
    {
        var path = Write("a.csv", ["id,shown_date,unix_time,total", .. Enumerable.Range(0, 60).Select(row => $"p{row},2019-03-01 10:00:{row:D2},{1_551_434_400 + row},1.5")]);

        RolesOf(SchemaFile.Parse(SchemaGuesser.Of(path, rows: 100)!.Text, "guess.conf")).ShouldBe("id unix_time - total - -");
    }

    [Fact]
    public void What_no_column_seems_to_be_is_left_to_a_person()
    {
        var guess = SchemaGuesser.Of(Write("a.csv", ["number,colour", .. Enumerable.Range(0, 30).Select(row => $"a{row},red")]), rows: 100).ShouldNotBeNull();

        guess.Missing.ShouldBe(["time", "amount"]);
        guess.Text.ShouldContain("time = ???");
        Should.Throw<SchemaException>(() => SchemaFile.Parse(guess.Text, "guess.conf"));
        SchemaGuesser.Of(Write("b.csv", ["4000000000000002,2025-01-01,5", "4000000000000010,2025-01-02,6"]), rows: 100).ShouldBeNull();
    }

    string Write(string name, IEnumerable<string> lines)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllLines(path, lines);
        return path;
    }

    static string RolesOf(TransactionSchema schema) =>
        string.Join(' ', schema.Roles.Id, schema.Roles.Time, schema.Roles.Card ?? "-", schema.Roles.Amount, schema.Roles.Label ?? "-", schema.Roles.Merchant ?? "-");

    static long ReadAll(string path, TransactionSchema schema) =>
        new CsvHistory(path, schema).Read(_ => { }, reason => throw new InvalidDataException(reason.Message), default).Sum(rows => (long)rows.Count);

    double Train(string path, TransactionSchema schema) => Histories.Quietly(progress =>
        new Trainer(TrainedModel.Settings(), new LocalModels(_folder, TimeProvider.System), progress, TimeProvider.System).Train(new CsvHistory(path, schema), default))
        .Model.ShouldNotBeNull().Card.Metrics["average_precision"];
}
