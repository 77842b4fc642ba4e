using System.Text;
using System.Text.Json;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Schemas;
using FraudStreams.Tests.Api;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>Card tokens, the search for what should not be there, and erasing a card, of the built program.</summary>
[Collection(WholeProgramCollection.Name)]
[Trait("Category", "Integration")]
public sealed class PiiTests
{
    const int Payments = 2_000;

    /// <summary>So slow that snapshots are due before all is done.</summary>
    static readonly string[] s_withSnapshots = ["--set", "memory.snapshot-every=200ms", "--set", "speeds.speed_1=1000/s"];

    [Fact]
    public async Task With_tokens_nothing_that_the_program_wrote_holds_a_card_number_and_without_much_does()
    {
        using var folder = new StreamFolder(Payments);
        var key = folder.File("token.key");
        await folder.ShouldDoAsync("privacy", "key", key);
        string[] on = ["--set", "privacy.card-token=on", "--set", $"privacy.token-key-file={key}"];
        DamageSomeRows(folder.Input);

        await using var run = await folder.RunAsync([.. on, .. s_withSnapshots, "run", "--input", folder.Input, "--until-drained"]);
        (await run.ExitAsync()).ShouldBe(0, run.Errors);
        await File.WriteAllTextAsync(folder.File("run.log"), run.Output + run.Errors);
        await using var clean = await folder.RunAsync([.. on, "pii", "audit", "--json", "--file", folder.File("run.log")]);
        (await clean.ExitAsync()).ShouldBe(0, clean.Output + clean.Errors);

        var report = JsonElement.Parse(clean.Output);
        report.GetProperty("clean").GetBoolean().ShouldBeTrue();
        report.GetProperty("places").GetInt32().ShouldBeGreaterThan(15);
        folder.Status()!.PredictedFrauds.ShouldBeGreaterThan(0);
        folder.Status()!.Rejected.ShouldBeGreaterThan(0);
        folder.Mails().Length.ShouldBeGreaterThan(0);
        Directory.GetFiles(Path.Combine(folder.Data, "memory"), "*.windows").ShouldNotBeEmpty();

        using var open = new StreamFolder(Payments);
        DamageSomeRows(open.Input);
        await using var plain = await open.RunAsync([.. s_withSnapshots, "run", "--input", open.Input, "--until-drained"]);
        (await plain.ExitAsync()).ShouldBe(0, plain.Errors);
        await using var found = await open.RunAsync("pii", "audit", "--json");
        (await found.ExitAsync()).ShouldBe(1, found.Errors);

        var places = JsonElement.Parse(found.Output).GetProperty("findings").EnumerateArray().ToDictionary(
            finding => finding.GetProperty("place").GetString()!, finding => finding.GetProperty("count").GetInt64());
        foreach (var place in (string[])["topic transactions", "topic predictions", "topic rejected", "fraudstreams.db, table transactions"])
            places.ShouldContainKey(place);
        places.Keys.ShouldContain(place => place.StartsWith("memory/", StringComparison.Ordinal));
        places["topic predictions"].ShouldBeGreaterThanOrEqualTo(Payments);
        CardNumbers.Count(Encoding.UTF8.GetBytes(found.Output)).ShouldBe(0, "the report names places, not numbers");

        // The same payments get the same scores: windows work by tokens as by numbers.
        ScoresOf(folder).ShouldBe(ScoresOf(open));
    }

    [Fact]
    public async Task A_mail_or_log_with_a_street_or_a_number_is_found()
    {
        using var folder = new StreamFolder(payments: 200);
        await folder.ShouldDoAsync("privacy", "key", folder.File("token.key"));
        string[] on = ["--set", "privacy.card-token=on", "--set", $"privacy.token-key-file={folder.File("token.key")}"];
        await folder.ShouldDoAsync([.. on, "run", "--input", folder.Input, "--until-drained"]);
        using var payment = JsonDocument.Parse(EmbeddedLog.ReadRecords(folder.Data, TopicNames.Predictions).First().Value);
        await File.WriteAllTextAsync(folder.File("leak.log"), $"12:00:00 sent to {payment.RootElement.GetProperty("street").GetString()}\n12:00:01 card 5555555555554444\n");

        await using var audit = await folder.RunAsync([.. on, "pii", "audit", "--file", folder.File("leak.log")]);

        (await audit.ExitAsync()).ShouldBe(1);
        audit.Output.ShouldContain("leak.log");
        audit.Output.ShouldContain("secret-field");
        audit.Output.ShouldContain("card-number");
        audit.Output.ShouldNotContain("5555555555554444");
        audit.Output.ShouldNotContain(payment.RootElement.GetProperty("street").GetString()!);
    }

    [Fact]
    public async Task What_others_write_and_what_is_asked_over_HTTP_gets_tokens_before_anything_reads_it()
    {
        using var folder = new StreamFolder(payments: 50);
        await folder.ShouldDoAsync("privacy", "key", folder.File("token.key"));
        await folder.ShouldDoAsync("simulate", "--input", folder.Input, "--set", "speeds.speed_1=unlimited");
        var raw = EmbeddedLog.ReadRecords(folder.Data, TopicNames.Transactions).First();
        CardNumbers.Count(raw.Value.Span).ShouldBe(1);
        await using var api = await RunningApi.StartAsync(folder, "privacy.card-token=on", $"privacy.token-key-file={folder.File("token.key")}", "batch.wait=5ms", "store.batch.wait=20ms");
        await Eventually.TrueAsync(async () => (await api.JsonAsync("/status")).GetProperty("stored").GetInt64() == 50);

        var again = JsonElement.Parse(raw.Value.Span).GetProperty("trans_num").GetString()!;
        var recorded = Encoding.UTF8.GetString(raw.Value.Span).Replace(again, "recorded-1", StringComparison.Ordinal);
        var whatIf = await api.AskAsync("/predict", recorded);
        await api.AskAsync("/predict?mode=record", recorded);
        await Eventually.TrueAsync(async () => (await api.Client.GetAsync("/payments/recorded-1")).IsSuccessStatusCode);
        var first = await api.JsonAsync($"/payments/{again}");
        var second = await api.JsonAsync("/payments/recorded-1");

        whatIf.GetProperty("predictions")[0].GetProperty("score").GetDouble().ShouldBe(second.GetProperty("score").GetDouble());
        second.GetProperty("card").GetString().ShouldBe(first.GetProperty("card").GetString());
        second.GetProperty("card").GetString()!.ShouldMatch(@"^\*\*\*\*\d{4}$");
        foreach (var topic in (string[])[TopicNames.Predictions, TopicNames.Alerts])
            EmbeddedLog.ReadRecords(folder.Data, topic).Sum(record => CardNumbers.Count(record.Value.Span) + CardNumbers.Count(record.Key.Span)).ShouldBe(0, topic);
        EmbeddedLog.ReadRecords(folder.Data, TopicNames.Transactions).Count(record => CardNumbers.Count(record.Value.Span) > 0).ShouldBe(50, "what others wrote stays theirs; the recorded one has a token");
    }

    [Fact]
    public async Task An_erased_card_is_gone_from_store_topics_and_snapshots_and_the_others_are_not()
    {
        using var folder = new StreamFolder(Payments);
        await folder.ShouldDoAsync([.. s_withSnapshots, "run", "--input", folder.Input, "--until-drained"]);
        var byCount = EmbeddedLog.ReadRecords(folder.Data, TopicNames.Predictions).Select(CardOf).GroupBy(card => card).OrderByDescending(card => card.Count());
        var alerted = EmbeddedLog.ReadRecords(folder.Data, TopicNames.Alerts).Select(record => Encoding.UTF8.GetString(record.Key.Span)).ToHashSet();
        var cards = byCount.OrderByDescending(card => alerted.Contains(card.Key)).ToList();
        var (gone, stays) = (cards[0].Key, cards[1].Key);
        var before = folder.Status()!;

        await using var erase = await folder.RunAsync("privacy", "erase", "--card", gone, "--why", "request 17", "--json");
        (await erase.ExitAsync()).ShouldBe(0, erase.Errors);
        await using var audit = await folder.RunAsync("audit", "--action", "card", "--json");

        var erased = JsonElement.Parse(erase.Output);
        erased.GetProperty("payments").GetInt32().ShouldBe(cards[0].Count());
        erased.GetProperty("snapshots").GetInt32().ShouldBeGreaterThan(0);
        erased.GetProperty("journal").GetInt32().ShouldBeGreaterThan(0);
        erased.GetProperty("not_reached").GetArrayLength().ShouldBeGreaterThan(0);
        foreach (var path in Directory.GetFiles(folder.Data, "*", SearchOption.AllDirectories))
        {
            var bytes = await File.ReadAllBytesAsync(path);
            bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(gone)).ShouldBe(-1, path);
            bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes(gone)))).ShouldBe(-1, path);
        }

        (await File.ReadAllBytesAsync(folder.StoreFile)).AsSpan().IndexOf(Encoding.UTF8.GetBytes(stays)).ShouldBeGreaterThan(0);
        folder.Status()!.Stored.ShouldBe(before.Stored - cards[0].Count());
        audit.Output.ShouldContain("card.erased");
        audit.Output.ShouldContain("request 17");
        audit.Output.ShouldNotContain(gone);

        await using var unknown = await folder.RunAsync("privacy", "erase", "--card", "tok_a1_x", "--why", "a test");
        (await unknown.ExitAsync()).ShouldBe(1, unknown.Output);
        unknown.Errors.ShouldContain("Nothing was found of this token");

        // The stream goes on where it was: nothing is scored twice, and nothing fails on what was emptied.
        await folder.ShouldDoAsync("run", "--input", folder.Input, "--until-drained");
        folder.Status()!.Stored.ShouldBe(before.Stored - cards[0].Count());
        folder.Status()!.Rejected.ShouldBe(before.Rejected);
    }

    [Fact]
    public async Task A_card_is_not_erased_while_a_process_remembers_it()
    {
        using var folder = new StreamFolder(payments: 50);
        await using var run = folder.Start("run", "--input", folder.Input);
        await Eventually.TrueAsync(() => folder.Status() is { Stored: > 0 }, limitSeconds: 60);

        await using var erase = await folder.RunAsync("privacy", "erase", "--card", "4485370000007776", "--why", "a test");

        (await erase.ExitAsync()).ShouldBe(1);
        erase.Errors.ShouldContain("stop it first");
        await run.TerminateAsync();
        (await run.ExitAsync()).ShouldBe(0, run.Errors);
    }

    static string CardOf(TopicRecord record) => JsonElement.Parse(record.Value.Span).GetProperty("cc_num").GetString()!;

    static Dictionary<string, double> ScoresOf(StreamFolder folder) => folder.ScoresOf(folder.Data).ToDictionary(score => score.Key, score => score.Value.Score);

    /// <summary>Rows that are rejected, with their bytes.</summary>
    static void DamageSomeRows(string input)
    {
        var lines = File.ReadAllLines(input);
        var amount = Array.IndexOf(lines[0].Split(','), "amt");
        for (var number = 10; number < lines.Length; number += 200)
        {
            var fields = lines[number].Split(',');
            fields[amount] = "much";
            lines[number] = string.Join(',', fields);
        }

        File.WriteAllLines(input, lines);
    }
}
