using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Json;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps;
using FraudStreams.Sqlite;
using FraudStreams.Tests.Configuration;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

[Collection(WholeProgramCollection.Name)]
[Trait("Category", "Integration")]
public sealed class LabelsTests
{
    const int Rows = 3_000;

    [Fact]
    public async Task Labels_find_payments_whichever_come_first_and_the_later_label_wins()
    {
        using var folder = new StreamFolder(Rows);
        var ids = IdsOf(folder.Input);
        System.IO.File.WriteAllLines(folder.File("early.csv"),
        [
            "id,true_value,confirmed_at,confirmed_by",
            $"{ids[0]},1,2025-02-01 10:00:00,anna",
            $"{ids[1]},0,2025-02-02 10:00:00,bo",
            "no such payment,1,2025-02-02 10:00:00,bo",
        ]);
        System.IO.File.WriteAllLines(folder.File("late.csv"),
        [
            "id,true_value,confirmed_at,confirmed_by",
            $"{ids[1]},1,2025-02-01 09:00:00,cleo",
            $"{ids[2]},1,2025-02-03 10:00:00,cleo",
            $"{ids[3]},perhaps,2025-02-03 10:00:00,cleo",
        ]);

        await using var early = await folder.RunAsync("labels", "import", "early.csv", "--json");
        await using var run = await folder.RunAsync("run", "--input", folder.Input, "--until-drained");
        await using var late = await folder.RunAsync("labels", "import", "late.csv");
        await using var again = await folder.RunAsync("labels", "import", "early.csv");
        await using var after = await folder.RunAsync("run", "--input", folder.Input, "--until-drained");
        await using var audit = await folder.RunAsync("audit", "--action", "label.imported", "--json");

        (await early.ExitAsync()).ShouldBe(0, early.Errors);
        early.Json().GetProperty("imported").GetInt64().ShouldBe(3);
        again.Output.ShouldContain("0 labels published, 3 already there, 0 lines refused. 1 id has no payment in the store yet: no such payment");
        folder.Status()!.Labels.ShouldBe(5);
        (await late.ExitAsync()).ShouldBe(1);
        late.Errors.ShouldContain("late.csv, line 4: true_value");
        (await after.ExitAsync()).ShouldBe(0, after.Errors);
        folder.ShouldHoldAll(Rows);
        audit.Output.Split("label.imported").Length.ShouldBe(3, "one entry for each file of which something was published");
        audit.Output.ShouldContain("late.csv");
        Confirmed(folder).ShouldBe(new[] { $"{ids[0]}|1|anna", $"{ids[1]}|0|bo", $"{ids[2]}|1|cleo" }.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Labels_that_wait_in_the_topic_or_come_twice_in_a_file_are_not_published_again()
    {
        using var folder = new StreamFolder(Rows);
        System.IO.File.WriteAllLines(folder.File("labels.csv"),
        [
            "id,true_value,confirmed_at,confirmed_by",
            "one,1,2025-02-01 10:00:00,anna",
            "one,1,2025-02-01T10:00:00Z,anna",
            "one,0,2025-02-02 10:00:00,anna",
        ]);

        await using var first = await folder.RunAsync("labels", "import", "labels.csv", "--json");
        await using var again = await folder.RunAsync("labels", "import", "labels.csv", "--json");

        (await again.ExitAsync()).ShouldBe(0, again.Errors);
        Counts(first).ShouldBe((2, 1));
        Counts(again).ShouldBe((0, 3));
        again.Errors.ShouldContain("Whether the ids have payments was not looked up: there is no store yet");
        folder.Status()!.Labels.ShouldBe(2);

        static (long Imported, long AlreadyThere) Counts(FraudStreamsProcess import) =>
            (import.Json().GetProperty("imported").GetInt64(), import.Json().GetProperty("already_there").GetInt64());
    }

    [Fact]
    public async Task Exported_payments_in_a_training_file_train_as_its_own_rows()
    {
        using var folder = new StreamFolder(Rows);
        var lines = System.IO.File.ReadAllLines(folder.Input);
        var ids = IdsOf(folder.Input);
        System.IO.File.WriteAllLines(folder.File("confirmed.csv"), ids.Select(id => $"{id},{(id[0] < '8' ? 1 : 0)},2025-03-01 00:00:00,team").Prepend("id,true_value,confirmed_at,confirmed_by"));
        await using var run = await folder.RunAsync("run", "--input", folder.Input, "--until-drained");
        await using var import = await folder.RunAsync("labels", "import", "confirmed.csv");
        await using var apply = await folder.RunAsync("run", "--input", folder.Input, "--until-drained");

        await using var export = await folder.RunAsync("export", "--validated", "export.csv", "--json");
        await using var rest = await folder.RunAsync("export", "--validated", "rest.csv", "--no-header");

        (await export.ExitAsync()).ShouldBe(0, export.Errors);
        (await import.ExitAsync()).ShouldBe(0, import.Errors);
        export.Json().GetProperty("rows").GetInt64().ShouldBe(Rows);
        var exported = System.IO.File.ReadAllLines(folder.File("export.csv"));
        exported[0].ShouldBe(lines[0]);
        exported.Skip(1).Order(StringComparer.Ordinal).ShouldBe(lines.Skip(1).Select(line => WithLabel(line, ids)).Order(StringComparer.Ordinal));

        System.IO.File.WriteAllLines(folder.File("longer.csv"), [.. lines, .. System.IO.File.ReadAllLines(folder.File("rest.csv"))]);
        await using var train = await folder.RunAsync("train", "--input", "longer.csv", "--keep-champion", "--set", "model.trees=10", "--json");
        (await train.ExitAsync()).ShouldBe(0, train.Errors);
        train.Errors.ShouldNotContain("cannot be read");
        var trained = new LocalModels(folder.Data, TimeProvider.System);
        var version = train.Json().GetProperty("version").GetString()!;
        ModelArtifact.Load(trained.FolderOf(version)).Card.Training.Rows.ShouldBe(2 * Rows);

        // Appended, the earlier payments come behind the later ones in the file; windows are the same.
        var time = Array.IndexOf(lines[0].Split(','), "unix_time");
        var rows = exported.Skip(1).DistinctBy(line => line.Split(',')[time]).ToList();
        (await MetricsAsync([lines[0], .. rows[(Rows / 2)..], .. rows[..(Rows / 2)]])).ShouldBe(await MetricsAsync([lines[0], .. rows]));

        async Task<IEnumerable<KeyValuePair<string, double>>> MetricsAsync(string[] history)
        {
            System.IO.File.WriteAllLines(folder.File("history.csv"), history);
            await using var again = await folder.RunAsync("train", "--input", "history.csv", "--keep-champion", "--set", "model.trees=10", "--json");
            (await again.ExitAsync()).ShouldBe(0, again.Errors);
            return ModelArtifact.Load(trained.FolderOf(again.Json().GetProperty("version").GetString()!)).Card.Metrics;
        }
    }

    [Fact]
    public async Task A_record_that_is_not_a_label_is_rejected_and_the_next_is_applied()
    {
        using var folder = new StreamFolder(Rows);
        var ids = IdsOf(folder.Input);
        await using (var log = EmbeddedLog.Open(SettingsOf.Set().Topics.Embedded(folder.Data), TimeProvider.System))
        {
            var batch = new RecordBatch();
            batch.Add(TopicNames.Labels, default, "{\"id\":1"u8);
            batch.Add(TopicNames.Labels, default, new Label(ids[5], true, 1_740_000_000_000, "bus"), static (into, label) => label.Write(into));
            await log.PublishAsync(batch);
        }

        await using var run = await folder.RunAsync("run", "--input", folder.Input, "--until-drained");

        (await run.ExitAsync()).ShouldBe(0, run.Errors);
        Confirmed(folder).ShouldBe([$"{ids[5]}|1|bus"]);
        EmbeddedLog.ReadRecords(folder.Data, TopicNames.Rejected).Select(record => RejectedRecord.Read(record.Value)!.Topic).ShouldBe([TopicNames.Labels]);
    }

    /// <summary>Ids in the file's order; a generated row has no quoted fields.</summary>
    static List<string> IdsOf(string csv)
    {
        var lines = System.IO.File.ReadAllLines(csv);
        var column = Array.IndexOf(lines[0].Split(','), "trans_num");
        return [.. lines.Skip(1).Select(line => line.Split(',')[column])];
    }

    /// <summary>The row as the export must have it: no index, and the confirmed label.</summary>
    static string WithLabel(string line, List<string> ids)
    {
        var fields = line.Split(',');
        var id = fields.Single(field => field.Length == 32 && ids.Contains(field));
        return string.Join(',', ["", .. fields[1..^1], id[0] < '8' ? "1" : "0"]);
    }

    static List<string> Confirmed(StreamFolder folder)
    {
        using var file = SqliteFile.Open(folder.StoreFile, SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        using var rows = file.Query("SELECT trans_num, true_value, confirmed_by FROM transactions WHERE true_value IS NOT NULL ORDER BY trans_num");
        var found = new List<string>();
        while (rows.Step())
            found.Add($"{rows.Text(0)}|{rows.Long(1)}|{rows.Text(2)}");
        return found;
    }
}
