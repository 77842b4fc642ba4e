using System.Security.Cryptography;
using System.Text;
using FraudStreams.Configuration;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Privacy;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Privacy;

[Trait("Category", "Unit")]
public sealed class CardTokensTests
{
    const string Card = "4485370000007776";

    static readonly TransactionSchema s_schema = TrainedModel.Schema;

    static readonly CardTokenKey s_key = new("a1", [.. SHA256.HashData("one"u8)]), s_older = new("z9", [.. SHA256.HashData("two"u8)]);

    readonly CardTokens _tokens = new(s_schema, [s_key, s_older]);

    [Theory]
    [InlineData("4485370000007776", 1)]
    [InlineData("card 4485370000007776, and 5555555555554444.", 2)]
    [InlineData("{\"cc_num\":\"4485370000007776\"}", 1)]
    [InlineData("paid with 4485 3700 0000 7776, thanks", 1)]
    [InlineData("4485-3700-0000-7776", 1)]
    [InlineData("3782 822463 10005", 1)]
    [InlineData("order/4485370000007776 +5555555555554444", 2)]
    [InlineData("card:\\n4485370000007776", 1)]    // behind an escape
    [InlineData("4485 3700-0000 7776", 0)]
    [InlineData("4485 3700 0000 77761", 0)]
    [InlineData("4485370000007775", 0)]            // its check digit is wrong
    [InlineData("0.4485370000007776", 0)]          // the digits of a fraction
    [InlineData("a4485370000007776", 0)]           // of a hash
    [InlineData("44853700000077764485370000007776", 0)]
    [InlineData("1767225600000", 0)]               // a time in milliseconds
    [InlineData("", 0)]
    public void Card_numbers_are_found_where_they_stand_by_themselves(string text, int count) => CardNumbers.Count(Encoding.UTF8.GetBytes(text)).ShouldBe(count);

    [Fact]
    public void A_card_has_one_token_under_a_key_whatever_its_groups()
    {
        var token = _tokens.Of(Card)[0];

        token.ShouldMatch("^tok_a1_[A-Za-z0-9_-]{22}_7776$");
        _tokens.Of("4485 3700 0000 7776")[0].ShouldBe(token);
        _tokens.Of("5555555555554444")[0].ShouldNotBe(token);
        _tokens.Of(Card)[1].ShouldStartWith("tok_z9_");
        SecretText.Mask(Encoding.UTF8.GetBytes(token)).ShouldBe("****7776");
        CardNumbers.Count(Encoding.UTF8.GetBytes(token)).ShouldBe(0);

        // HMAC-SHA256 as RFC 2104 defines it, cut to 128 bits: of the number under the older key, and of that token under the newer one.
        var older = $"tok_z9_{Cut(HMACSHA256.HashData(SHA256.HashData("two"u8), Encoding.ASCII.GetBytes(Card)))}_7776";
        _tokens.Of(Card)[1].ShouldBe(older);
        token.ShouldBe($"tok_a1_{Cut(HMACSHA256.HashData(SHA256.HashData("one"u8), Encoding.ASCII.GetBytes(older)))}_7776");

        static string Cut(byte[] hash) => Convert.ToBase64String(hash, 0, 16).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }

    [Theory]
    [InlineData(Card)]
    [InlineData("4485 3700 0000 7776")]
    [InlineData("customer 12")]
    [InlineData("12")]
    public void A_token_from_before_a_rotation_becomes_the_one_of_now_and_stays_in_its_partition(string card)
    {
        var before = new CardTokens(s_schema, [s_older]).Of(card).ShouldHaveSingleItem();
        var now = _tokens.Of(card)[0];

        Encoding.UTF8.GetString(_tokens.Key(Encoding.UTF8.GetBytes(before))).ShouldBe(now);
        Encoding.UTF8.GetString(_tokens.Key(Encoding.UTF8.GetBytes(card))).ShouldBe(now);
        Encoding.UTF8.GetString(_tokens.Key(Encoding.UTF8.GetBytes(now))).ShouldBe(now);
        _tokens.Of(before).ShouldBe([now, before]);
        var record = Encoding.UTF8.GetString(_tokens.Replace(Encoding.UTF8.GetBytes($$"""{"trans_num":"t-1","cc_num":"{{before}}","merchant":"of {{before}}"}"""), out var token));
        record.ShouldBe($$"""{"trans_num":"t-1","cc_num":"{{now}}","merchant":"of {{now}}"}""");
        Encoding.UTF8.GetString(token).ShouldBe(now);
        for (var partitions = 2; partitions < 9; partitions++)
            new RecordPartitioner(CardTokens.PlaceOf).PartitionOf(Encoding.UTF8.GetBytes(now), partitions).ShouldBe(new RecordPartitioner(CardTokens.PlaceOf).PartitionOf(Encoding.UTF8.GetBytes(before), partitions));
    }

    [Theory]
    [InlineData("tok_b2_AAAAAAAAAAAAAAAAAAAAAA_7776")]   // of a key that is not in the file
    [InlineData("tok_z9_short_7776")]
    [InlineData("tok_z9_AAAAAAAAAAAAAAAAAAAAAA7776")]
    [InlineData("tok_z9_AAAAAAAAAAAAAAAAAAAAAA_")]
    [InlineData("tok_z9_AAAAAAAAAAAAAAAAAAAAAA_77\"6")]
    [InlineData("tok_")]
    public void A_token_of_others_stays_as_it_is(string token)
    {
        Encoding.UTF8.GetString(_tokens.Key(Encoding.UTF8.GetBytes(token))).ShouldBe(token);
        _tokens.Of(token).ShouldBe([token]);
    }

    [Theory]
    [InlineData("""{"trans_num":"t-1","cc_num":"4485370000007776","merchant":"M"}""")]
    [InlineData("""{"trans_num":"t-1","cc_num":4485370000007776,"merchant":"M"}""")]
    [InlineData("""{"trans_num":"t-1","merchant":"M","cc_num" : "4485370000007776" }""")]
    [InlineData("""{"trans_num":"t-1","cc_num":"4485370000007776","merchant":"paid with 4485370000007776"}""")]
    [InlineData("""{"trans_num":"t-1","cc_num":"4485370000007776","merchant":"other 5555555555554444"}""")]
    public void A_record_loses_its_number_and_nothing_else_that_counts(string record)
    {
        var replaced = Encoding.UTF8.GetString(_tokens.Replace(Encoding.UTF8.GetBytes(record), out var token));

        Encoding.UTF8.GetString(token).ShouldBe(_tokens.Of(Card)[0]);
        var json = System.Text.Json.JsonElement.Parse(replaced);
        json.GetProperty("cc_num").GetString().ShouldBe(_tokens.Of(Card)[0]);
        json.GetProperty("trans_num").GetString().ShouldBe("t-1");
        CardNumbers.Count(Encoding.UTF8.GetBytes(replaced)).ShouldBe(0, replaced);
        Encoding.UTF8.GetString(_tokens.Replace(Encoding.UTF8.GetBytes(replaced), out _)).ShouldBe(replaced, "a token stays as it is");
    }

    [Theory]
    [InlineData("t-1,4485370000007776,shop")]
    [InlineData("""{"trans_num":"t-1","cc_num":"4485370000007776",""")]
    [InlineData("""{"cc_num":"4485370000007776","cc_num":"5555555555554444"}""")]
    [InlineData("""["4485370000007776"]""")]
    [InlineData("""{"trans_num":"t-1","cc_num":null,"merchant":"4485370000007776"}""")]
    public void What_is_no_payment_keeps_the_last_four_digits_of_a_number(string record)
    {
        var replaced = Encoding.UTF8.GetString(_tokens.Replace(Encoding.UTF8.GetBytes(record), out var token));

        token.ShouldBeEmpty();
        replaced.Length.ShouldBe(record.Length);
        replaced.ShouldContain("************7776");
        CardNumbers.Count(Encoding.UTF8.GetBytes(replaced)).ShouldBe(0);
    }

    [Fact]
    public void What_is_no_text_is_left_out_but_for_its_length()
    {
        // A card and a text of 40 letters as Avro has them: the length of the second stands like a letter behind the number.
        byte[] record = [0, 0, 0, 0, 7, 2 * 16, .. Encoding.UTF8.GetBytes($"{Card}P{new string('x', 40)}")];

        var replaced = _tokens.Replace(record, out var token);

        token.ShouldBeEmpty();
        Encoding.UTF8.GetString(replaced).ShouldBe("63 bytes that are no text are left out: card numbers cannot be found in them");
        _tokens.Replace(replaced, out _).ShouldBe(replaced);
        _tokens.Replace([], out _).ShouldBeEmpty();
    }

    [Fact]
    public void A_number_in_groups_is_masked_but_for_its_last_four_digits()
    {
        CardNumbers.Masked("4485 3700 0000 7776 and 3782-822463-10005").ShouldBe("**** **** **** 7776 and ****-******-*0005");
        CardNumbers.Masked("request 2026-17 of 4485370000007776").ShouldBe("request 2026-17 of ************7776");
    }

    [Theory]
    [InlineData("""{"trans_num":"t-1","cc_num":"4485370000007776","amt":4485370000007776,"merchant":"M"}""", "a number that repeats the card")]
    [InlineData("""{"trans_num":"t-1","cc_num":4485370000007776,"amt":144853700000077761,"merchant":"M"}""", "a number with the card's digits in it")]
    [InlineData("""{"trans_num":"t-1","cc_num":"4485 3700 0000 7776","merchant":"a 4485370000007776, 4485-3700-0000-7776"}""", "groups")]
    [InlineData("""{"trans_num":"t-1","cc_num":"4485370000007776","merchant":"a\n4485370000007776\u0034485370000007776"}""", "escapes")]
    [InlineData("""{"trans_num":"t-1","cc_num":"tok_\"","merchant":"4485370000007776"}""", "a token with a quotation mark")]
    [InlineData("""{"trans_num":"t-1","cc_num":"00412345678","merchant":"a\u00412345678"}""", "an escape that ends in the card's digits")]
    public void A_replaced_record_stays_JSON(string record, string what)
    {
        var replaced = Encoding.UTF8.GetString(_tokens.Replace(Encoding.UTF8.GetBytes(record), out var token));

        var json = System.Text.Json.JsonElement.Parse(replaced);
        json.GetProperty("cc_num").GetString().ShouldBe(Encoding.UTF8.GetString(token), what);
        CardNumbers.Count(Encoding.UTF8.GetBytes(json.GetProperty("merchant").GetString()!)).ShouldBe(0, what);
        json.TryGetProperty("amt", out var amount);
        amount.ToString().ShouldNotBe(Card);
    }

    [Fact]
    public void The_id_stays_as_it_is_also_where_it_is_the_cards_number()
    {
        var replaced = _tokens.Replace(Encoding.UTF8.GetBytes($$"""{"trans_num":"{{Card}}","cc_num":"{{Card}}","merchant":"{{Card}}"}"""), out var token);

        var json = System.Text.Json.JsonElement.Parse(replaced);
        json.GetProperty("trans_num").GetString().ShouldBe(Card);
        json.GetProperty("merchant").GetString().ShouldBe(Encoding.UTF8.GetString(token));
    }

    [Fact]
    public void Any_bytes_can_be_replaced_and_no_number_is_left_in_what_is_cut()
    {
        var random = new Random(7);
        var record = Encoding.UTF8.GetBytes("""{"trans_num":"t-1","cc_num":"4485370000007776","amt":4485370000007776,"merchant":"\ud83d\ude00 4485370000007776 \\ 5555555555554444","deep":[{"a":1}]}""");
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = new byte[random.Next(0, 200)];
            random.NextBytes(bytes);
            Should.NotThrow(() => (_tokens.Replace(bytes, out _), _tokens.Key(bytes)), Convert.ToHexString(bytes));

            var damaged = record.ToArray();
            for (var change = random.Next(1, 4); change > 0; change--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            Should.NotThrow(() => _tokens.Replace(damaged, out _), Convert.ToHexString(damaged));
        }

        for (var length = 0; length < record.Length; length++)
            CardNumbers.Count(_tokens.Replace(record.AsSpan(0, length), out _)).ShouldBe(0, $"cut at {length}");
        var half = _tokens.Replace(Encoding.UTF8.GetBytes("""{"trans_num":"t-1","cc_num":"4485370000007776","merchant":"\ud83d"}"""), out var token);
        token.ShouldBeEmpty("half a surrogate is no text");
        CardNumbers.Count(half).ShouldBe(0);
    }

    [Fact]
    public void A_record_with_a_token_is_a_payment_of_the_schema()
    {
        using var folder = new StreamFolder(payments: 1);
        using var file = File.OpenRead(folder.Input);
        using var feed = new FraudStreams.Model.Csv.CsvToJson(file, s_schema, folder.Input);
        var record = new System.Buffers.ArrayBufferWriter<byte>();
        feed.TryRead(record).ShouldBeTrue();
        using var rows = new TransactionRows(s_schema, 1);

        new TransactionReader(s_schema).Read(_tokens.Replace(record.WrittenSpan, out var token), rows).ShouldBeNull();

        rows.Key(0).SequenceEqual(token).ShouldBeTrue();
    }

    [Fact]
    public void A_key_file_is_made_rotated_and_read()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder, "token.key");

        var first = CardTokenKeys.Rotate(file).Name;
        var one = SettingsOf.Set("privacy.card-token=on", $"privacy.token-key-file={file}").Privacy.For(s_schema)!.Of(Card);
        var second = CardTokenKeys.Rotate(file);
        var two = SettingsOf.Set("privacy.card-token=on", $"privacy.token-key-file={file}").Privacy.For(s_schema)!.Of(Card);
        CardTokenKeys.Rotate(file);
        var three = SettingsOf.Set("privacy.card-token=on", $"privacy.token-key-file={file}").Privacy.For(s_schema)!.Of(Card);

        second.Before.ShouldBe(first);
        one.Length.ShouldBe(1);
        two[1].ShouldBe(one[0], "what was made before the rotation is still found");
        three.Skip(1).ShouldBe(two, "each is made of the one before it");
        SettingsOf.Set("privacy.card-token=on", $"privacy.token-key-file={file}").ToString().ShouldNotContain(File.ReadAllLines(file)[1].Split(':')[1]);
    }

    [Theory]
    [InlineData(null, "is empty and fraudstreams.privacy.card-token is on: `fraudstreams privacy key FILE` makes a file")]
    [InlineData("", "it holds 0 keys")]
    [InlineData("a:AAAA", "its key 1 is none: it must be NAME:KEY")]
    [InlineData("a:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\na:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "two of its keys are called a")]
    [InlineData("no colon", "its key 1 is none: it must be NAME:KEY")]
    public void A_key_file_that_cannot_be_used_is_refused_with_what_would_be_right(string? content, string why)
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder, "token.key");
        if (content is not null)
            File.WriteAllText(file, content);

        var refusal = Should.Throw<SettingsException>(() => WithKeyFile(content is null ? "" : file).For(s_schema));

        refusal.Message.ShouldContain("fraudstreams.privacy.token-key-file");
        refusal.Message.ShouldContain(why);
        refusal.Message.ShouldNotContain("AAAA");
    }

    [Fact]
    public void A_key_file_is_read_when_it_is_needed_and_only_one_that_is_missing_is_to_be_made()
    {
        using var folder = new TemporaryFolder();
        var settings = WithKeyFile(Path.Combine(folder, "token.key"));

        settings.IsOn.ShouldBeTrue();
        Should.Throw<SettingsException>(() => settings.For(s_schema)).Message.ShouldContain("there is no such file. On a further host copy that of the others; `fraudstreams privacy key FILE` makes the first");

        // A folder cannot be read as a file, whoever asks.
        var other = Should.Throw<SettingsException>(() => WithKeyFile(folder).For(s_schema)).Message;
        other.ShouldContain("cannot be read");
        other.ShouldNotContain("privacy key");
    }

    [Fact]
    public void A_rotation_keeps_mode_and_owner_of_the_file()
    {
        if (OperatingSystem.IsWindows())
            return;
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder, "token.key");

        CardTokenKeys.Rotate(file).LostOwner.ShouldBeNull();
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        const UnixFileMode ofGroup = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        File.SetUnixFileMode(file, ofGroup);
        var owner = FileOwner.Of(file);
        CardTokenKeys.Rotate(file).LostOwner.ShouldBeNull();

        File.GetUnixFileMode(file).ShouldBe(ofGroup);
        FileOwner.Of(file).ShouldBe(owner);
        if (OperatingSystem.IsLinux())
            owner!.ShouldMatch("^[0-9]+:[0-9]+$");
        File.Exists($"{file}.new").ShouldBeFalse();
    }

    static PrivacySettings WithKeyFile(string file) => SettingsOf.Set("privacy.card-token=on", $"privacy.token-key-file={file}").Privacy;
}
