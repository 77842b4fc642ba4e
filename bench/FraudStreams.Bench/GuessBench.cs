using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using FraudStreams.Configuration;
using FraudStreams.Hosting;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps.Guessing;
using FraudStreams.Tests.ModelOps;

namespace FraudStreams.Bench;

/// <summary>
/// What `schema guess` makes of files beside schemas written by hand: of the real data sets that a folder has, and of invented shops. Of each the schema is guessed
/// from the earlier payments, `train` learns from them with both schemas, and `evaluate --warm-up` measures on the later ones. Prints a table in Markdown.
/// <c>… -- guess folder</c>
/// </summary>
static class GuessBench
{
    const int SampleRows = 50_000, InventedPayments = 40_000;

    /// <param name="Later">How many rows are measured on; the rest where there are fewer.</param>
    /// <param name="OrderBy">The column to put a shuffled file in order by; null: it is in the order of time.</param>
    sealed record DataSet(string File, string Schema, int Learnt, int Later, string? OrderBy = null);

    static readonly ImmutableArray<DataSet> s_real =
    [
        new("fraudTrain.csv", "cards", 240_000, 60_000), new("handbook-transactions.csv", "handbook", 320_000, 80_000), new("paysim-first-19999.csv", "paysim", 5_000, 15_000),
        new("creditcard-sample.csv", "creditcard", 1_377, 345, OrderBy: "Time"),
    ];

    public static void Run(string folder)
    {
        var root = Directory.CreateTempSubdirectory("fraudstreams-bench-").FullName;
        Console.WriteLine("| file | learnt from, measured on | not as by hand | features guessed, by hand | average precision guessed | by hand |\n| --- | --- | --- | --- | --- | --- |");
        foreach (var set in s_real.Where(set => File.Exists(Path.Combine(folder, set.File))))
            Measure(root, Path.Combine(folder, set.File), SchemaFile.Read(set.Schema), set.Schema, set.Learnt, set.Later, set.OrderBy);
        foreach (var (file, text, _) in InventedFiles.All)
        {
            var byHand = Path.Combine(root, $"{Path.GetFileNameWithoutExtension(file)}-by-hand.conf");
            File.WriteAllText(byHand, text);
            Measure(root, InventedFiles.Write(root, file, InventedPayments), SchemaFile.Read(byHand), byHand, InventedPayments * 4 / 5, InventedPayments / 5, orderBy: null);
        }

        Directory.Delete(root, recursive: true);
    }

    static void Measure(string root, string file, TransactionSchema byHand, string byHandName, int learnt, int later, string? orderBy)
    {
        var work = Directory.CreateDirectory(Path.Combine(root, $"{Path.GetFileNameWithoutExtension(file)}-work")).FullName;
        var (first, then) = (Path.Combine(work, $"first-{Path.GetFileName(file)}"), Path.Combine(work, $"then-{Path.GetFileName(file)}"));
        var (rows, measured) = Split(file, first, then, learnt, later, orderBy);
        var guess = SchemaGuesser.Of(first, SampleRows)!;
        var guessed = Path.Combine(work, "guessed.conf");
        File.WriteAllText(guessed, guess.Text);
        var schema = SchemaFile.Read(guessed);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {Path.GetFileName(file)} | {rows:N0}, {measured:N0} | {Differences(schema, byHand)} | {schema.Features.Length}, {byHand.Features.Length} | {Precision(guessed):0.000} | {Precision(byHandName):0.000} |"));

        double Precision(string name)
        {
            var data = Path.Combine(work, $"data-{Guid.NewGuid():N}");
            SpineBench.Run("train", [typeof(StreamService).Assembly.Location, "train", "--input", first, "--schema", name, "--data", data]);
            var (_, _, _, said) = SpineBench.Run("evaluate", [typeof(StreamService).Assembly.Location, "evaluate", "--input", then, "--warm-up", first, "--data", data, "--json"]);
            return JsonDocument.Parse(said).RootElement.GetProperty("metrics").GetProperty("average_precision").GetDouble();
        }
    }

    /// <summary>Cuts a file of text into its earlier and its later rows, each with the header, byte by byte as they are.</summary>
    static (int Learnt, int Later) Split(string file, string first, string then, int learnt, int later, string? orderBy)
    {
        // Latin-1 gives every byte back; a file of two bytes a character is cut as such.
        var bytes = Beginning(file, orderBy is not null ? int.MaxValue : learnt + later + 1);
        var encoding = bytes is [0xFF, 0xFE, ..] ? System.Text.Encoding.Unicode : System.Text.Encoding.Latin1;
        var lines = encoding.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var rows = lines.Skip(1);
        if (orderBy is not null && Array.IndexOf(lines[0].TrimEnd('\r').Split(','), orderBy) is var column)
            rows = rows.OrderBy(line => double.Parse(line.Split(',')[column], CultureInfo.InvariantCulture));
        var ordered = rows.Take(learnt + later).ToList();
        Write(first, ordered.Take(learnt));
        Write(then, ordered.Skip(learnt));
        return (Math.Min(learnt, ordered.Count), Math.Max(0, ordered.Count - learnt));

        void Write(string path, IEnumerable<string> of) => File.WriteAllBytes(path, encoding.GetBytes(string.Concat(of.Prepend(lines[0]).Select(line => $"{line}\n"))));
    }

    /// <summary>A file's bytes, at least so many lines of them.</summary>
    static byte[] Beginning(string file, int lines)
    {
        using var input = File.OpenRead(file);
        var (read, buffer) = (new MemoryStream(), new byte[1 << 20]);
        while (lines > 0 && input.Read(buffer) is > 0 and var count)
        {
            read.Write(buffer, 0, count);
            lines -= buffer.AsSpan(0, count).Count((byte)'\n');
        }

        return read.ToArray();
    }

    /// <summary>Roles and secrets that a person would have to look at.</summary>
    static string Differences(TransactionSchema guessed, TransactionSchema byHand)
    {
        var differing = new List<string>();
        void Role(string name, string? guess, string? hand)
        {
            if (guess != hand)
                differing.Add($"{name} {guess ?? "none"} ({hand ?? "none"})");
        }

        Role("id", guessed.Roles.Id, byHand.Roles.Id);
        Role("time", guessed.Roles.Time, byHand.Roles.Time);
        Role("card", guessed.Roles.Card, byHand.Roles.Card);
        Role("amount", guessed.Roles.Amount, byHand.Roles.Amount);
        Role("label", guessed.Roles.Label, byHand.Roles.Label);
        Role("merchant", guessed.Roles.Merchant, byHand.Roles.Merchant);
        var open = byHand.Fields.Where(field => field.Secret && guessed.IndexOf(field.Name) is >= 0 and var at && !guessed.Fields[at].Secret).Select(field => field.Name).ToList();
        if (open.Count > 0)
            differing.Add($"not secret: {string.Join(", ", open)}");
        return differing.Count == 0 ? "–" : string.Join("; ", differing);
    }
}
