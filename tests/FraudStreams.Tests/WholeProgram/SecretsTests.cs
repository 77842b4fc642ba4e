using System.Text;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

[Collection(WholeProgramCollection.Name)]
public sealed class SecretsTests
{
    const int Rows = 2_000;

    static readonly string[] SecretColumns = ["cc_num", "first", "last", "street", "zip", "dob", "lat", "long"];

    [Fact]
    public async Task No_card_name_street_or_birth_date_of_the_input_is_ever_printed_or_mailed()
    {
        using var folder = new StreamFolder(Rows);
        var (secrets, damaged) = MakeSecretsTelltale(folder.Input);

        await using var run = await folder.RunAsync("run", "--input", folder.Input, "--until-drained");
        await using var rejected = await folder.RunAsync("rejected");
        await using var status = await folder.RunAsync("status");
        await using var train = await folder.RunAsync("train", "--input", folder.Input, "--set", "model.trees=5");
        await using var evaluate = await folder.RunAsync("evaluate", "--input", folder.Input);
        await using var json = await folder.RunAsync("evaluate", "--input", folder.Input, "--json");

        FraudStreamsProcess[] commands = [run, rejected, status, train, evaluate, json];
        foreach (var command in commands)
            (await command.ExitAsync()).ShouldBe(0, command.Errors);
        folder.ShouldHoldAll(Rows, damaged);
        var said = new StringBuilder();
        foreach (var command in commands)
            said.AppendLine(command.Output).AppendLine(command.Errors);
        foreach (var mail in folder.Mails())
            said.AppendLine(File.ReadAllText(mail).Replace("=\r\n", ""));
        folder.Mails().Length.ShouldBeGreaterThan(0);
        var everything = said.ToString();
        secrets.Count.ShouldBeGreaterThan(100);
        secrets.Where(secret => everything.Contains(secret, StringComparison.OrdinalIgnoreCase)).ShouldBeEmpty();

        // What was looked for is really what topics and store keep.
        var kept = string.Join('\n', EmbeddedLog.ReadRecords(folder.Data, TopicNames.Predictions).Select(record => Encoding.UTF8.GetString(record.Value.Span)));
        secrets.Count(secret => kept.Contains(secret, StringComparison.Ordinal)).ShouldBeGreaterThan(secrets.Count / 2);
    }

    /// <summary>
    /// Gives each card's holder a name and street that could not be met by chance, and damages some rows in a secret field each, in ways that are told
    /// in reasons. Returns all secret values long enough to be looked for, and the number of damaged rows.
    /// </summary>
    static (HashSet<string> Secrets, int Damaged) MakeSecretsTelltale(string input)
    {
        var lines = File.ReadAllLines(input);
        var columns = lines[0].Split(',');
        var places = SecretColumns.Select(column => Array.IndexOf(columns, column)).ToArray();
        var secrets = new HashSet<string>(StringComparer.Ordinal);
        var damaged = 0;
        for (var number = 1; number < lines.Length; number++)
        {
            var cells = lines[number].Split(',');
            cells.Length.ShouldBe(columns.Length);
            var card = cells[places[0]];
            (cells[places[1]], cells[places[2]], cells[places[3]]) = ($"Fzn{card[^5..]}", $"Lzn{card[^5..]}", $"Szn{card[^5..]} Lane");
            if (number % 20 == 0)
            {
                var place = places[(number / 20 % 4) switch { 0 => 0, 1 => 5, 2 => 6, _ => 7 }];
                cells[place] = $"zq{number}{cells[place]}";
                damaged++;
            }

            secrets.UnionWith(places.Select(place => cells[place]).Where(value => value.Length >= 7));
            lines[number] = string.Join(',', cells);
        }

        File.WriteAllLines(input, lines);
        return (secrets, damaged);
    }
}
