using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Model.Drift;
using FraudStreams.Model.Json;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.Simulation.Generation;

namespace FraudStreams.Bench;

/// <summary>
/// Drift: how often quiet payments alarm, and how soon made faults are found and named; estimated precision and recall beside the true ones. One table.
/// <c>… -- drift [handbook-transactions.csv] [seeds=20] [payments=500] [faults=2] [key=value …]</c>: generated payments a day; the settings are those of the program.
/// </summary>
static class DriftBench
{
    const int LearntDays = 120, WatchedDays = 90, FaultDay = 30;

    static readonly Fault[] s_faults =
    [
        new("prices +20%", ["amt", "TX_AMOUNT"], payment => Scale(payment, 1.2)),
        new("units change to cents", ["amt", "TX_AMOUNT"], payment => Scale(payment, 100)),
        new("a category vanishes", ["category"], payment => Text(payment, "category") == "groceries" ? null : payment),
        new("a field goes null (dob)", ["age"], payment => Without(payment, "dob")),
        new("a time zone slips by 5 h", ["hour", "TX_DURING_NIGHT", DriftJudge.TimeOfDayName], Later(5)),
        new("fraud moves to new merchants", ["score", "alerts", "recall", "precision"], Moved),
    ];

    sealed record Fault(string Name, string[] Named, Func<JsonObject, JsonObject?> Change);

    public static void Run(string[] options)
    {
        var given = options.Where(option => option.Contains('=') && !option.Contains('.')).Select(option => option.Split('=', 2))
            .ToDictionary(option => option[0], option => int.Parse(option[1], CultureInfo.InvariantCulture));
        var settings = FraudSettings.From(new ConfigLayers(
            set: ["model.trees=60", .. options.Where(option => option.Contains('=') && option.Contains('.'))], environment: new Dictionary<string, string>(), directory: Path.GetTempPath()).Load());
        Console.WriteLine("| payments | what | windows | alarms | found after | what was named first |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- |");
        Generated(given.GetValueOrDefault("seeds", 20), given.GetValueOrDefault("faults", 2), given.GetValueOrDefault("payments", 500), settings);
        if (options.FirstOrDefault(option => !option.Contains('=')) is { } handbook)
            Handbook(handbook, settings);
    }

    static void Generated(int seeds, int faulty, int perDay, FraudSettings settings)
    {
        var (windows, alarms, named) = (0, 0, new List<string>());
        for (var seed = 1; seed <= seeds; seed++)
        {
            var payments = new GeneratedPayments(new GeneratorSettings { Seed = seed, PaymentsPerDay = perDay }, WithoutBirthDates());
            var start = payments.StartMilliseconds;
            var watched = start + Days(LearntDays);
            var work = new Work(payments.Between(start, watched), settings);
            var quiet = work.Watch(payments.Between(watched, watched + Days(WatchedDays)), payments.Between(watched - Days(40), watched));
            (windows, alarms) = (windows + quiet.Windows.Length, alarms + quiet.Alarms.Length);
            named.AddRange(quiet.Alarms.Select(alarm => alarm.Name));
            if (seed > faulty)
                continue;
            var broken = watched + Days(FaultDay);
            foreach (var fault in s_faults.Where(fault => fault.Change != Moved))
            {
                var report = work.Watch(payments.Between(watched, broken + Days(14), fault.Change, broken), payments.Between(watched - Days(40), watched));
                Print($"generated, {perDay}/day, seed {seed}", fault, report, broken);
            }
        }

        Console.WriteLine($"| generated, {perDay}/day, {seeds} seeds of {WatchedDays} days | quiet | {windows:N0} | {alarms}: {alarms / (double)seeds:0.00} in {WatchedDays} days | – | {Names(named)} |");
    }

    static void Handbook(string csv, FraudSettings settings)
    {
        var payments = new HandbookPayments(csv, "handbook");
        long Day(int month, int day) => new DateTimeOffset(2018, month, day, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
        var work = new Work(payments.Between(Day(5, 1), Day(6, 25), warmUp: Day(4, 1)), settings);
        var quiet = work.Watch(payments.Between(Day(6, 25), Day(10, 1)), payments.Between(Day(5, 10), Day(6, 25)));
        Console.WriteLine($"| Handbook, learnt to 06-24, watched from 06-25 to {quiet.Windows[^1].To.AddHours(-1):MM-dd} | quiet | {quiet.Windows.Length:N0} | {quiet.Alarms.Length} | – | {Names([.. quiet.Alarms.Select(alarm => alarm.Name)])} |");
        foreach (var fault in s_faults.Where(fault => fault.Name is not ("a category vanishes" or "a field goes null (dob)")))
        {
            var report = work.Watch(payments.Between(Day(7, 25), Day(8, 15), fault.Change, Day(8, 1)), payments.Between(Day(6, 10), Day(7, 25)));
            Print("Handbook, from 08-01", fault, report, Day(8, 1));
        }

        Estimates(quiet);
    }

    static void Estimates(DriftReport report)
    {
        Console.WriteLine();
        Console.WriteLine("| Handbook, by week | estimated precision | true | estimated recall | true |");
        Console.WriteLine("| --- | --- | --- | --- | --- |");
        var known = report.Windows.Where(window => window is { Truth: { Precision: not null, Recall: not null }, Estimate: { Precision: not null, Recall: not null } }).ToList();
        foreach (var week in known.Chunk(7))
        {
            var truth = week.Select(window => window.Truth!.Value).Aggregate((sum, of) => new PredictedFrauds(sum.Caught + of.Caught, sum.Missed + of.Missed, sum.FalseAlerts + of.FalseAlerts));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {week[0].From:MM-dd} | {week.Average(window => window.Estimate.Precision):0.000} | {truth.Precision:0.000} | {week.Average(window => window.Estimate.Recall):0.000} | {truth.Recall:0.000} |"));
        }

        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"By day: mean absolute error of precision {known.Average(window => Math.Abs(window.Estimate.Precision!.Value - window.Truth!.Value.Precision!.Value)):0.000}, of recall {known.Average(window => Math.Abs(window.Estimate.Recall!.Value - window.Truth!.Value.Recall!.Value)):0.000}; the truth lies in the 95% interval on {known.Count(window => Math.Abs(window.Estimate.Precision!.Value - window.Truth!.Value.Precision!.Value) <= window.Estimate.PrecisionError)} and {known.Count(window => Math.Abs(window.Estimate.Recall!.Value - window.Truth!.Value.Recall!.Value) <= window.Estimate.RecallError)} of {known.Count} days (precision, recall)."));
    }

    static void Print(string of, Fault fault, DriftReport report, long broken)
    {
        var since = DateTimeOffset.FromUnixTimeMilliseconds(broken);
        var first = report.Alarms.Where(alarm => alarm.ConfirmedAt > since).ToList();
        var named = first.FirstOrDefault(alarm => fault.Named.Contains(alarm.Name));
        var before = report.Alarms.Length - first.Count;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {of} | {fault.Name} | {report.Windows.Length} | {first.Count}{(before > 0 ? $", {before} before it" : "")} | {(named is null ? "not found" : $"{(named.ConfirmedAt - since).TotalDays:0.#} d")} | {string.Join("; ", first.Take(3).Select(alarm => $"{alarm.Name}: {alarm.What}"))} |"));
    }

    static string Names(List<string> names) => names.Count == 0 ? "–" : string.Join(", ", names.GroupBy(name => name).OrderByDescending(name => name.Count()).Select(name => $"{name.Key} {name.Count()}"));

    static long Days(int days) => days * 86_400_000L;

    /// <summary>A model of its own folder, and its reference.</summary>
    sealed class Work
    {
        readonly ScoringModel _model;
        readonly DriftReference _reference;
        readonly FraudSettings _settings;
        readonly WorkProgress _progress = WorkProgress.Logged(_ => { });

        public Work(IHistory history, FraudSettings settings)
        {
            _settings = settings;
            var folder = Directory.CreateTempSubdirectory("fraudstreams-drift-").FullName;
            try
            {
                var local = new LocalModels(folder, TimeProvider.System);
                var trainer = new Trainer(settings.Model, local, _progress, TimeProvider.System) { LearnFrom = (history as IStartsAt)?.LearnFrom ?? long.MinValue };
                var (model, why) = trainer.Train(history, CancellationToken.None);
                _model = model ?? throw new InvalidOperationException(why);
                _reference = DriftReferenceFile.Load(local.FolderOf(model.Version))!;
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        public DriftReport Watch(IHistory history, IHistory warmUp)
        {
            var rules = _settings.Candidates.Drift.Rules;
            return DriftJudge.Judge(_reference, DriftReplay.Count(_model, _reference, history, rules.WindowHours, _progress, CancellationToken.None, warmUp), _model.Threshold, rules);
        }
    }

    interface IStartsAt
    {
        long LearnFrom { get; }
    }

    /// <summary>Payments as JSON, some of them changed from a moment on.</summary>
    sealed class Payments(TransactionSchema schema, string name, Func<IEnumerable<ReadOnlyMemory<byte>>> json, long learnFrom) : IHistory, IStartsAt
    {
        public TransactionSchema Schema => schema;

        public string Name => name;

        public long LearnFrom => learnFrom;

        public IEnumerable<TransactionRows> Read(Action<double> progress, Action<RejectReason> rejected, CancellationToken cancellationToken)
        {
            var reader = new TransactionReader(schema);
            using var rows = new TransactionRows(schema, 2048);
            foreach (var payment in json())
            {
                if (reader.Read(payment.Span, rows) is { } reason)
                    throw new InvalidOperationException(reason.Message);
                if (rows.Count < 2048)
                    continue;
                yield return rows;
                rows.Clear();
            }

            if (rows.Count > 0)
                yield return rows;
        }
    }

    sealed class GeneratedPayments(GeneratorSettings settings, TransactionSchema schema)
    {
        public long StartMilliseconds => new DateTimeOffset(settings.Start, TimeOnly.MinValue, TimeSpan.Zero).ToUnixTimeMilliseconds();

        public Payments Between(long from, long to, Func<JsonObject, JsonObject?>? change = null, long since = long.MaxValue) => new Payments(schema, "generated payments", () => Of(from, to, change, since), long.MinValue);

        IEnumerable<ReadOnlyMemory<byte>> Of(long from, long to, Func<JsonObject, JsonObject?>? change, long since)
        {
            var generator = new PaymentGenerator(settings);
            var writer = new PaymentWriter(generator);
            var json = new System.Buffers.ArrayBufferWriter<byte>(1024);
            for (var number = 0L; ; number++)
            {
                var payment = generator.At(number);
                var time = payment.UnixSeconds * 1000;
                if (time >= to)
                    yield break;
                if (time < from)
                    continue;
                json.ResetWrittenCount();
                writer.WriteJson(payment, json);
                if (change is null || time < since)
                    yield return json.WrittenMemory;
                else if (change((JsonObject)JsonNode.Parse(json.WrittenSpan)!) is { } changed)
                    yield return Encoding.UTF8.GetBytes(changed.ToJsonString());
            }
        }
    }

    /// <summary>The Handbook's file; text without quotes.</summary>
    sealed class HandbookPayments(string file, string schemaName)
    {
        readonly TransactionSchema _schema = SchemaFile.Read(schemaName);

        public Payments Between(long from, long to, Func<JsonObject, JsonObject?>? change = null, long since = long.MaxValue, long? warmUp = null) =>
            new Payments(_schema, "the Handbook's payments", () => Of(warmUp ?? from, to, change, since), warmUp is null ? long.MinValue : from);

        IEnumerable<ReadOnlyMemory<byte>> Of(long from, long to, Func<JsonObject, JsonObject?>? change, long since)
        {
            var header = Array.Empty<string>();
            foreach (var line in File.ReadLines(file))
            {
                var fields = line.Split(',');
                if (header.Length == 0)
                {
                    header = fields;
                    continue;
                }

                var time = DateTimeOffset.ParseExact(fields[1], "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).ToUnixTimeMilliseconds();
                if (time >= to)
                    yield break;
                if (time < from)
                    continue;
                var payment = new JsonObject(header.Select((name, i) => new KeyValuePair<string, JsonNode?>(name, i >= 4 ? JsonValue.Create(double.Parse(fields[i], CultureInfo.InvariantCulture)) : fields[i])));
                if ((change is null || time < since ? payment : change(payment)) is { } changed)
                    yield return Encoding.UTF8.GetBytes(changed.ToJsonString());
            }
        }
    }

    /// <summary>The schema of generated payments, whose birth dates may be missing.</summary>
    static TransactionSchema WithoutBirthDates()
    {
        var cards = SchemaFile.Read(PaymentGenerator.SchemaName);
        return TransactionSchema.Create(new SchemaDraft(cards.Name, [.. cards.Fields.Select(field => field.Name == "dob" ? field with { Optional = true } : field)], cards.Roles) { Features = cards.Features });
    }

    static string? Text(JsonObject payment, string field) => payment[field]?.ToString();

    static JsonObject Without(JsonObject payment, string field)
    {
        payment.Remove(field);
        return payment;
    }

    static JsonObject Scale(JsonObject payment, double by)
    {
        var field = payment.ContainsKey("amt") ? "amt" : "TX_AMOUNT";
        payment[field] = Math.Round((double)payment[field]! * by, 2);
        return payment;
    }

    static Func<JsonObject, JsonObject?> Later(int hours) => payment =>
    {
        if (payment.ContainsKey("unix_time"))
            payment["unix_time"] = (long)payment["unix_time"]! + (hours * 3600);
        else
            payment["TX_DATETIME"] = DateTime.ParseExact((string)payment["TX_DATETIME"]!, "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture).AddHours(hours).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        return payment;
    };

    /// <summary>Each fraud at a terminal that had none before.</summary>
    static JsonObject? Moved(JsonObject payment)
    {
        if ((double?)payment["TX_FRAUD"] == 1)
            payment["TERMINAL_ID"] = $"{20_000 + (int.Parse(Text(payment, "TRANSACTION_ID")!, CultureInfo.InvariantCulture) % 1000)}";
        return payment;
    }
}
