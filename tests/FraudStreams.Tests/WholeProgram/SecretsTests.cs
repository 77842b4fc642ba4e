using System.Text;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

[Collection(WholeProgramCollection.Second)]
[Trait("Category", "Integration")]
public sealed class SecretsTests
{
    const int Rows = 2_000;

    static readonly string[] SecretColumns = ["cc_num", "first", "last", "street", "zip", "dob", "lat", "long"];

    [Fact]
    public async Task No_personal_data_of_the_input_is_ever_printed_or_mailed()
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
        var printed = new StringBuilder();
        foreach (var command in commands)
            printed.AppendLine(command.Output).AppendLine(command.Errors);
        foreach (var mail in folder.Mails())
            printed.AppendLine(File.ReadAllText(mail).Replace("=\r\n", ""));
        folder.Mails().Length.ShouldBeGreaterThan(0);
        var everything = printed.ToString();
        secrets.Count.ShouldBeGreaterThan(100);
        secrets.Where(secret => everything.Contains(secret, StringComparison.OrdinalIgnoreCase)).ShouldBeEmpty();

        // The values searched for are those that topics and store hold.
        var kept = string.Join('\n', EmbeddedLog.ReadRecords(folder.Data, TopicNames.Predictions).Select(record => Encoding.UTF8.GetString(record.Value.Span)));
        secrets.Count(secret => kept.Contains(secret, StringComparison.Ordinal)).ShouldBeGreaterThan(secrets.Count / 2);
    }

    /// <summary>
    /// Gives each card's holder a name and street that cannot occur by chance, and damages some rows in one secret field each, so that reject reasons
    /// mention it. Returns all secret values long enough to search for, and the number of damaged rows.
    /// </summary>
    static (HashSet<string> Secrets, int Damaged) MakeSecretsTelltale(string input)
    {
        var lines = File.ReadAllLines(input);
        var columns = lines[0].Split(',');
        var columnIndexes = SecretColumns.Select(column => Array.IndexOf(columns, column)).ToArray();
        var secrets = new HashSet<string>(StringComparer.Ordinal);
        var damaged = 0;
        for (var number = 1; number < lines.Length; number++)
        {
            var cells = lines[number].Split(',');
            cells.Length.ShouldBe(columns.Length);
            var card = cells[columnIndexes[0]];
            (cells[columnIndexes[1]], cells[columnIndexes[2]], cells[columnIndexes[3]]) = ($"Fzn{card[^5..]}", $"Lzn{card[^5..]}", $"Szn{card[^5..]} Lane");
            if (number % 20 == 0)
            {
                var index = columnIndexes[(number / 20 % 4) switch { 0 => 0, 1 => 5, 2 => 6, _ => 7 }];
                cells[index] = $"zq{number}{cells[index]}";
                damaged++;
            }

            secrets.UnionWith(columnIndexes.Select(index => cells[index]).Where(value => value.Length >= 7));
            lines[number] = string.Join(',', cells);
        }

        File.WriteAllLines(input, lines);
        return (secrets, damaged);
    }
}
