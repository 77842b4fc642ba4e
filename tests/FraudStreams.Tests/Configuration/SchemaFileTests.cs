using FraudStreams.Configuration;
using FraudStreams.Model.Schemas;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Configuration;

[Trait("Category", "Unit")]
public sealed class SchemaFileTests
{
    const string Minimal =
        """
        name = pay
        roles { id = id, time = at, amount = amount, card = card }
        fields = [
          { name = id, type = text }
          { name = at, type = time, format = [unix-seconds, "yyyy-MM-dd HH:mm:ss"] }
          { name = card, type = text, digits = [12, 19], secret = on }
          { name = amount, type = number }
          { name = kind, type = text, optional = on }
        ]
        features = [
          { name = amount, number = amount }
          { name = kind, category = kind, min-count = 3, max-categories = 20 }
        ]
        """;

    [Fact]
    public void The_schemas_of_the_program_are_read()
    {
        SchemaFile.Names.ShouldBe(["cards", "creditcard", "handbook", "paysim"]);
        foreach (var name in SchemaFile.Names)
            SchemaFile.Read(name).Name.ShouldBe(name);

        var cards = SchemaFile.Read("cards");
        cards.Fields.Length.ShouldBe(22);
        cards.DropsIndexColumn.ShouldBeTrue();
        cards.Fields[cards.KeyField].Name.ShouldBe("cc_num");
        cards.Fields.Where(f => f.Secret).Select(f => f.Name).ShouldBe(["cc_num", "first", "last", "street", "zip", "lat", "long", "dob"]);
        SchemaFile.Read("creditcard").Fields[0].Name.ShouldBe("id");
        SchemaFile.Read("creditcard").CardField.ShouldBe(-1);
        SchemaFile.Read("paysim").Roles.IdFromRow.ShouldBeTrue();
    }

    [Fact]
    public void Every_key_arrives_in_the_schema()
    {
        var schema = SchemaFile.Parse(Minimal, "pay.conf");

        schema.Fields[1].TimeFormats.ShouldBe([TimeFormat.UnixSeconds, TimeFormat.DateTime]);
        schema.Fields[2].Digits.ShouldBe(new DigitCount(12, 19));
        schema.Fields[2].Secret.ShouldBeTrue();
        schema.Fields[4].Optional.ShouldBeTrue();
        schema.Features.ShouldBe([new NumberFeature("amount", "amount"), new CategoryFeature("kind", "kind", 3, 20)]);
        schema.DropsIndexColumn.ShouldBeFalse();
    }

    [Fact]
    public void How_files_are_written_arrives_in_the_schema()
    {
        var schema = SchemaFile.Parse(Minimal.Replace("card = card }", "card = card, label = fraud }").Replace("fields = [", "fields = [ { name = fraud, type = integer }") +
            """

            csv {
              index-column = drop
              encoding = latin-1, separator = ";", quote = "'", decimal = ",", thousands = "."
              times = ["dd.MM.yyyy HH:mm:ss", iso-8601]
              labels { fraud = [ja, j], legitimate = nein }
              missing = "k. A."
            }
            """, "pay.conf");

        schema.DropsIndexColumn.ShouldBeTrue();
        var csv = schema.Csv;
        (csv.Encoding, csv.Separator, csv.Quote, csv.Decimal, csv.Thousands).ShouldBe(("latin-1", ';', '\'', ',', '.'));
        csv.Times.Select(time => time.ToString()).ShouldBe(["dd.MM.yyyy HH:mm:ss", "iso-8601"]);
        csv.Fraud.ShouldBe(["ja", "j"]);
        csv.Legitimate.ShouldBe(["nein"]);
        csv.Missing.ShouldBe(["k. A."]);
        SchemaFile.Parse(Minimal + "\ncsv { separator = tab, quote = none }", "pay.conf").Csv.ShouldSatisfyAllConditions(csv => csv.Separator.ShouldBe('\t'), csv => csv.Quote.ShouldBe('\0'));
    }

    [Fact]
    public void What_is_wrong_with_the_way_files_are_written_is_said_at_once()
    {
        var refusal = Should.Throw<SchemaException>(() => SchemaFile.Parse(
            Minimal + "\ncsv { separator = \";;\", times = \"yyyy-mm-dd\", delimiter = x, labels { fraud = ja, no = nein } }", "pay.conf")).Message;

        foreach (var problem in (string[])
            ["csv.separator: \";;\" is not one character; tab is possible too", "csv.times: \"yyyy-mm-dd\" has no whole date", "csv.labels.no: is not known here", "csv.delimiter: is not known here"])
            refusal.ShouldContain(problem);
    }

    [Fact]
    public void Windows_are_read_with_their_key_length_delay_and_whether_the_payment_counts()
    {
        var schema = SchemaFile.Parse(
            Minimal.Replace("features = [", """
                features = [
                  { name = count_1h, window = count, by = card, over = 1h }
                  { name = mean_7d, window = mean, of = amount, by = card, over = 7d, current = out }
                  { name = kinds, window = distinct, of = kind, by = [card, kind], over = 30 d, delay = 90m }
                """),
            "pay.conf");

        schema.WindowFeatures.ShouldBe(
        [
            new WindowFeature("count_1h", WindowKind.Count, ["card"], TimeSpan.FromHours(1)),
            new WindowFeature("mean_7d", WindowKind.Mean, ["card"], TimeSpan.FromDays(7)) { Of = "amount", CountsItself = false },
            new WindowFeature("kinds", WindowKind.Distinct, ["card", "kind"], TimeSpan.FromDays(30)) { Of = "kind", Delay = TimeSpan.FromMinutes(90) },
        ]);
    }

    [Theory]
    [InlineData("window = median, by = card, over = 1d", "features.w.window = median: it must be one of count, sum, mean, stddev, max, distinct, fraud-share, since-last")]
    [InlineData("window = count, by = card", "features.w.over is missing: it must be a whole number with its unit")]
    [InlineData("window = count, by = card, over = 7", "features.w.over = 7: it must be a whole number with its unit, such as 30m, 1h or 7d")]
    [InlineData("window = count, by = card, over = week", "features.w.over = week: it must be a whole number")]
    [InlineData("window = count, by = card, over = 99999999d", "features.w.over = 99999999d: it must be a whole number")]
    [InlineData("window = count, by = card, over = 1d, delay = soon", "features.w.delay = soon: it must be a whole number")]
    [InlineData("window = count, by = card, over = 1d, current = maybe", "features.w.current = maybe: it must be one of in, out")]
    [InlineData("window = count, over = 1d", "features.w: by has 0 fields; 1 to 4 are possible")]
    [InlineData("window = fraud-share, by = card, over = 1d", "features.w: there is no label to know fraud by; say roles.label")]
    [InlineData("window = fraud-share, by = card, over = 1d", "features.w: uses labels of payments that have only just happened")]
    public void A_window_that_says_no_sense_is_named_with_what_would_be_right(string window, string problem)
    {
        var e = Should.Throw<SchemaException>(() => SchemaFile.Parse(Minimal.Replace("features = [", $"features = [\n{{ name = w, {window} }}"), "pay.conf"));

        e.Problems.ShouldContain(p => p.StartsWith(problem), e.Message);
    }

    [Fact]
    public void A_file_of_the_users_own_is_read_by_its_path_and_an_unknown_one_names_what_there_is()
    {
        var folder = Directory.CreateTempSubdirectory("schemas");
        var path = Path.Combine(folder.FullName, "pay.conf");
        File.WriteAllText(path, Minimal);

        SchemaFile.Read(path).Name.ShouldBe("pay");
        Should.Throw<SchemaException>(() => SchemaFile.Read("visa")).Message
            .ShouldContain("there is no such schema file; those of the program are cards, creditcard, handbook, paysim");

        folder.Delete(recursive: true);
    }

    [Fact]
    public void Text_that_is_not_hocon_names_the_file()
    {
        var e = Should.Throw<SchemaException>(() => SchemaFile.Parse(Minimal + "\nname = a=b", "pay.conf"));

        e.Message.ShouldStartWith("pay.conf: is not HOCON: ");
    }

    [Theory]
    [InlineData("name = pay", "nam = pay", "name is missing: it must be a text")]
    [InlineData("name = pay", "nam = pay", "nam: is not known here; known are csv, features, fields, name, roles")]
    [InlineData("type = number", "type = money", "fields.amount.type = money: it must be one of text, number, integer, time")]
    [InlineData("type = number", "typ = number", "fields.amount.type is missing: it must be one of text, number, integer, time")]
    [InlineData("type = number", "typ = number", "fields.amount.typ: is not known here")]
    [InlineData("unix-seconds", "unix", "fields.at.format: \"unix\" is no time format; possible are")]
    [InlineData("[12, 19]", "12", "fields.card.digits = 12: it must be a list of 2")]
    [InlineData("[12, 19]", "[12, x]", "fields.card.digits = [12,x]: it must be a list of 2 whole numbers")]
    [InlineData("secret = on", "secret = yes", "fields.card.secret = yes: it must be one of on, off, true, false")]
    [InlineData("number = amount", "numer = amount", "features.amount: says nothing to compute; it has one of number, log1p, category")]
    [InlineData("min-count = 3", "min-count = few", "features.kind.min-count = few: it must be a whole number from 1")]
    [InlineData("category = kind", "calendar = noon, of = at", "features.kind.calendar = noon: it must be one of hour, weekday")]
    [InlineData("category = kind", "distance = [a, b]", "features.kind.distance = [a,b]: it must be a list of 4")]
    [InlineData("time = at, ", "", "roles.time is missing: it must be a text")]
    [InlineData("id = id", "id = { from = sky }", "roles.id.from = sky: it must be row")]
    [InlineData("name = pay", "name = pay, csv { index-column = keep }", "csv.index-column = keep: it must be drop")]
    public void A_wrong_key_is_named_with_its_path_and_what_would_be_right(string good, string bad, string problem)
    {
        Minimal.ShouldContain(good);

        var e = Should.Throw<SchemaException>(() => SchemaFile.Parse(Minimal.Replace(good, bad), "pay.conf"));

        e.Subject.ShouldBe("pay.conf");
        e.Problems.ShouldContain(p => p.StartsWith(problem), e.Message);
    }

    [Fact]
    public void A_contradiction_in_a_file_names_the_file()
    {
        var e = Should.Throw<SchemaException>(() => SchemaFile.Parse(Minimal.Replace("card = card", "card = amount"), "pay.conf"));

        e.Message.ShouldBe(
            "pay.conf:\n  roles.card: amount is a number; card must be text\n  roles: amount has 2 roles; a field has one at most");
    }
}
