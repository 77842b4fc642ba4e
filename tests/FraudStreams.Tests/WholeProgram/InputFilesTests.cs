using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using FraudStreams.Cli.Live;
using FraudStreams.Configuration;
using FraudStreams.ModelOps;
using FraudStreams.Tests.ModelOps;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>Files, pipes and standard input wherever a command names an input.</summary>
[Collection(WholeProgramCollection.Name)]
[Trait("Category", "Integration")]
public sealed class InputFilesTests
{
    const int Failed = 1;
    const int WrongUse = 2;
    const int Rows = 3_000;

    [Fact]
    public async Task Standard_input_is_scored_once_however_often_it_comes()
    {
        using var folder = new StreamFolder(Rows);

        for (var time = 0; time < 2; time++)
        {
            await using var run = folder.Start("run", "--input", "-", "--until-drained");
            await run.InputAsync(System.IO.File.ReadAllBytes(folder.Input));
            (await run.ExitAsync()).ShouldBe(0, run.Errors);
        }

        folder.ShouldHoldAll(Rows);
    }

    [Fact]
    public async Task Gzip_and_pipes_are_read_as_the_file_is()
    {
        using var folder = new StreamFolder(Rows);
        await using (var packed = new GZipStream(System.IO.File.Create(folder.File("payments.csv.gz")), CompressionLevel.Fastest))
            await packed.WriteAsync(await System.IO.File.ReadAllBytesAsync(folder.Input));
        await using var plain = await folder.RunAsync("evaluate", "--input", folder.Input, "--json");
        await using var gzip = await folder.RunAsync("evaluate", "--input", "payments.csv.gz", "--json");
        await using var input = folder.Start("evaluate", "--input", "-", "--json");
        await input.InputAsync(System.IO.File.ReadAllBytes(folder.File("payments.csv.gz")));
        await using var train = folder.Start("train", "--input", "-", "--set", "model.trees=5", "--keep-champion");
        await train.InputAsync(System.IO.File.ReadAllBytes(folder.Input));
        await using var run = await folder.RunAsync("run", "--input", "payments.csv.gz", "--until-drained");

        foreach (var same in new[] { gzip, input })
        {
            (await same.ExitAsync()).ShouldBe(0, same.Errors);
            same.Json().GetProperty("metrics").GetRawText().ShouldBe(plain.Json().GetProperty("metrics").GetRawText());
        }

        (await train.ExitAsync()).ShouldBe(0, train.Errors);
        (await run.ExitAsync()).ShouldBe(0, run.Errors);
        folder.ShouldHoldAll(Rows);
    }

    [Fact]
    public async Task A_named_pipe_is_read_to_its_end()
    {
        if (OperatingSystem.IsWindows())
            return;
        using var folder = new StreamFolder(Rows);
        using (var make = Process.Start("mkfifo", [folder.File("pipe")]))
            await make.WaitForExitAsync();
        await using var run = folder.Start("run", "--input", "pipe", "--until-drained");

        await System.IO.File.WriteAllBytesAsync(folder.File("pipe"), System.IO.File.ReadAllBytes(folder.Input));

        (await run.ExitAsync()).ShouldBe(0, run.Errors);
        folder.ShouldHoldAll(Rows);
    }

    [Fact]
    public async Task Labels_come_from_standard_input()
    {
        using var folder = new StreamFolder(1);

        await using var import = folder.Start("labels", "import", "-", "--json");
        await import.InputAsync("id;true_value;Confirmed At;confirmed_by\r\np1;WAHR;01.02.2025;anna\r\np2;0;2025-02-01 10:00:00;bo\r\n"u8.ToArray());

        (await import.ExitAsync()).ShouldBe(0, import.Errors);
        import.Json().GetProperty("imported").GetInt64().ShouldBe(2);
    }

    [Theory]
    [InlineData("run --input")]
    [InlineData("simulate --input")]
    [InlineData("train --input")]
    [InlineData("evaluate --input")]
    [InlineData("labels import")]
    public async Task Nothing_and_a_directory_are_never_taken_for_payments(string command)
    {
        using var folder = new StreamFolder(1);

        await using var directory = await folder.RunAsync([.. command.Split(' '), folder.Data]);
        await using var nothing = folder.Start([.. command.Split(' '), "-"]);
        await nothing.InputAsync(default);

        (await directory.ExitAsync()).ShouldBe(WrongUse);
        directory.Errors.ShouldContain($"{folder.Data} is a directory: it must be a CSV file");
        (await nothing.ExitAsync()).ShouldBe(WrongUse);
        nothing.Errors.ShouldContain(command == "labels import" ? "standard input, line 1" : "standard input: is empty");
    }

    [FullDiskFact]
    public async Task A_read_only_disk_is_called_so_before_anything_is_done()
    {
        using var folder = new StreamFolder(Rows);
        using var disk = new SmallDisk(folder.Path, 8);
        disk.MakeReadOnly();

        foreach (var command in (string[][])[["run", "--input", folder.Input], ["train", "--input", folder.Input]])
        {
            await using var refused = await folder.RunAsync([.. command, "--data", System.IO.Path.Combine(disk.Path, "data")]);
            (await refused.ExitAsync()).ShouldBe(WrongUse);
            refused.Errors.ShouldContain("it must be a folder that can be written: Read-only file system");
        }
    }

    [Theory]
    [InlineData(100, "", 0)]
    [InlineData(100, "1%", Failed)]
    [InlineData(100, "5%", 0)]
    [InlineData(Rows, "", Failed)]
    [InlineData(Rows, "100%", Failed)]
    public async Task More_rejected_than_may_be_ends_with_1(int broken, string most, int exitCode)
    {
        using var folder = new StreamFolder(Rows);
        var lines = System.IO.File.ReadAllLines(folder.Input);
        System.IO.File.WriteAllLines(folder.Input, lines.Select((line, row) => row > 0 && row <= broken ? "broken" : line));
        string[] option = most.Length > 0 ? ["--max-rejected", most] : [];

        await using var run = await folder.RunAsync(["run", "--input", folder.Input, "--until-drained", .. option]);
        await using var evaluate = await folder.RunAsync(["evaluate", "--input", folder.Input, .. option]);

        foreach (var command in new[] { run, evaluate })
        {
            (await command.ExitAsync()).ShouldBe(exitCode, command.Errors);
            if (exitCode == Failed)
                command.Errors.ShouldContain(broken == Rows ? "everything of payments.csv was rejected: 3,000 of 3,000 records" : "100 of 3,000 records of payments.csv were rejected");
        }
    }

    [Fact]
    public async Task Evaluate_says_what_it_left_out_and_that_the_model_has_seen_the_rows()
    {
        using var folder = new StreamFolder(Rows);
        var lines = System.IO.File.ReadAllLines(folder.Input);
        System.IO.File.WriteAllLines(folder.File("history.csv"), lines.Select((line, row) => row is > 0 and < 4 ? line[..(line.LastIndexOf(',') + 1)] : row is 4 or 5 ? "broken" : line));
        await using var train = await folder.RunAsync("train", "--input", "history.csv", "--set", "model.trees=5");
        (await train.ExitAsync()).ShouldBe(0, train.Errors);

        await using var same = await folder.RunAsync("evaluate", "--input", "history.csv");
        System.IO.File.WriteAllLines(folder.File("part.csv"), [lines[0], .. lines[2_000..]]);
        await using var part = await folder.RunAsync("evaluate", "--input", "part.csv", "--json");

        same.Errors.ShouldContain("Left out of history.csv, 5 of 3,000 rows:");
        same.Errors.ShouldContain("         3  without a label  is_fraud is empty; windows count them");
        same.Errors.ShouldContain("         2  column-count     line 5: has 1 columns");
        same.Errors.ShouldContain("2,995 of the 2,995 payments measured are those that cards-");
        part.Errors.ShouldContain("1,001 of the 1,001 payments of part.csv lie in the time that cards-");
        part.Json().GetProperty("in_training_time").GetInt64().ShouldBe(1_001);
    }

    [Fact]
    public async Task A_file_that_nobody_described_is_guessed_trained_scored_and_exported_as_Parquet()
    {
        using var folder = new StreamFolder(1);
        var input = InventedFiles.Write(folder.Path, "bestellungen.csv", Rows);
        var lines = System.IO.File.ReadAllLines(input, Encoding.Latin1);
        System.IO.File.WriteAllLines(folder.File("labels.csv"), lines[1..21].Select(line => $"{line.Split(';')[0]};ja;01.07.2024 10:00;Prüfer").Prepend("id;true_value;confirmed_at;confirmed_by"), Encoding.Latin1);
        string[] data = ["--data", folder.File("shop")];

        await using var guess = await folder.RunAsync(["schema", "guess", "bestellungen.csv", "--train", "--set", "model.trees=5", "--json", .. data]);
        (await guess.ExitAsync()).ShouldBe(0, guess.Errors);
        guess.Json().GetProperty("schema").GetString().ShouldBe("bestellungen");
        await using var import = await folder.RunAsync(["labels", "import", "labels.csv", "--schema", "bestellungen.conf", .. data]);
        (await import.ExitAsync()).ShouldBe(0, import.Errors);
        await using var run = await folder.RunAsync(["run", "--input", "bestellungen.csv", "--until-drained", .. data]);
        (await run.ExitAsync()).ShouldBe(0, run.Errors);
        await using var export = await folder.RunAsync(["export", "--validated", "confirmed.parquet", "--format", "parquet", .. data]);
        (await export.ExitAsync()).ShouldBe(0, export.Errors);

        var confirmed = PaymentsOf(folder.File("confirmed.parquet"));
        confirmed.Count.ShouldBe(20);
        confirmed.ShouldBe(PaymentsOf(input).Take(20).Select(payment => payment with { Label = true }));

        List<(string Id, bool? Label, double Amount, long Time, string Kind)> PaymentsOf(string file)
        {
            var schema = SchemaFile.Read(folder.File("bestellungen.conf"));
            return
            [
                .. new CsvHistory(file, schema).Read(_ => { }, reason => throw new InvalidDataException(reason.Message), default)
                    .SelectMany(rows => Enumerable.Range(0, rows.Count).Select(row => (Encoding.UTF8.GetString(rows.Id(row)), rows.Label(row), rows.Amount(row), rows.EventTime(row),
                        Encoding.UTF8.GetString(rows.Text(row, schema.IndexOf("Warengruppe")))))),
            ];
        }
    }

    [Fact]
    public async Task Exported_rows_have_the_columns_of_the_training_file()
    {
        using var folder = new StreamFolder(Rows);
        var lines = System.IO.File.ReadAllLines(folder.Input).Select(line => line.Split(',')).ToList();

        lines[1][Array.IndexOf(lines[0], "amt")] = "-0";

        // Without the index, the last columns first, with a column of the file's own, and semicolons.
        var rows = lines.Select((cells, row) => string.Join(';', (string[])[.. cells[1..].Reverse(), row == 0 ? "remark" : "new"])).ToList();
        System.IO.File.WriteAllLines(folder.File("history.csv"), rows);
        var id = Array.IndexOf(lines[0], "trans_num");
        System.IO.File.WriteAllLines(folder.File("confirmed.csv"), lines[1..21].Select(cells => $"{cells[id]},1,2025-03-01,team").Prepend("id,true_value,confirmed_at,confirmed_by"));
        await using var train = await folder.RunAsync("train", "--input", "history.csv", "--set", "model.trees=5");
        await using var import = await folder.RunAsync("labels", "import", "confirmed.csv");
        await using var run = await folder.RunAsync("run", "--input", "history.csv", "--until-drained");

        await using var export = await folder.RunAsync("export", "--validated", "more.csv", "--no-header");
        await using var whole = await folder.RunAsync("export", "--validated", "whole.csv");

        (await export.ExitAsync()).ShouldBe(0, train.Errors + import.Errors + run.Errors + export.Errors);
        System.IO.File.ReadAllLines(folder.File("more.csv")).Order(StringComparer.Ordinal)
            .ShouldBe(rows[1..21].Select(line => "1;" + line[(line.IndexOf(';') + 1)..^3]).Order(StringComparer.Ordinal));
        System.IO.File.ReadAllLines(folder.File("whole.csv"))[0].ShouldBe(rows[0]);
        System.IO.File.WriteAllLines(folder.File("longer.csv"), [.. rows, .. System.IO.File.ReadAllLines(folder.File("more.csv"))]);
        await using var longer = await folder.RunAsync("evaluate", "--input", "longer.csv", "--json");
        longer.Errors.ShouldNotContain("Left out");
        longer.Json().GetProperty("rows").GetInt64().ShouldBe(Rows + 20);
    }
}
