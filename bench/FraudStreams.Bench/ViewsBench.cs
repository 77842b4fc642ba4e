using System.Diagnostics;
using System.Globalization;
using FraudStreams.Api;
using FraudStreams.Candidates;
using FraudStreams.Configuration;
using FraudStreams.Dashboard.Cases;
using FraudStreams.Dashboard.Drift;
using FraudStreams.Dashboard.Models;
using FraudStreams.Dashboard.Payments;
using FraudStreams.Hosting;
using FraudStreams.Model.Models;
using FraudStreams.Pipelines;
using FraudStreams.Simulation.Generation;
using FraudStreams.Storage;
using FraudStreams.Storage.Postgres;
using FraudStreams.Topics;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace FraudStreams.Bench;

/// <summary>
/// How long each view of the page waits for its data on a store of many payments: its own classes, on connections of their own, as its circuits call them. Each question is asked
/// with other values each time. <c>… -- views [payments=10000000] [rounds=20] [folder=DIR] ["Host=…;Username=…;Password=…"]</c>: a folder that is named is kept, and used as it is
/// where it has a store; on PostgreSQL too, in its schema `bench_views`.
/// </summary>
static class ViewsBench
{
    const string PostgresSchema = "bench_views";

    static readonly TimeSpan s_limit = TimeSpan.FromMilliseconds(300);

    public static async Task RunAsync(string[] options)
    {
        var connection = options.FirstOrDefault(option => option.Contains(';'));
        var given = options.Where(option => !option.Contains(';')).Select(option => option.Split('=', 2)).ToDictionary(option => option[0], option => option[1]);
        var payments = long.Parse(given.GetValueOrDefault("payments", "10000000"), CultureInfo.InvariantCulture);
        var rounds = int.Parse(given.GetValueOrDefault("rounds", "20"), CultureInfo.InvariantCulture);
        var folder = given.GetValueOrDefault("folder") ?? Directory.CreateTempSubdirectory("fraudstreams-views-").FullName;
        var layers = new ConfigLayers(set: [$"data={folder}", "model.trees=100"], environment: new Dictionary<string, string>(), directory: Path.GetTempPath());
        var settings = FraudSettings.From(layers.Load());
        if (connection is not null)
            settings = settings with { Store = settings.Store with { Postgres = PostgresOf(connection) } };
        try
        {
            var schema = SchemaFile.Read(PaymentGenerator.SchemaName);
            var started = Stopwatch.GetTimestamp();
            if (settings.Store.ReadCounts(folder).Stored == 0)
                await new ManyPayments(settings, payments).FillAsync();
            var counts = settings.Store.ReadCounts(folder);
            Console.WriteLine($"{counts.Stored:N0} payments, {counts.PredictedFrauds:N0} predicted frauds, in {(connection is null ? "SQLite" : "PostgreSQL")}; filled in {Stopwatch.GetElapsedTime(started).TotalSeconds:N0} s");
            await MeasureAsync(new StreamOptions(settings, schema, null, layers), rounds);
        }
        finally
        {
            if (!given.ContainsKey("folder"))
                Directory.Delete(folder, recursive: true);
        }
    }

    static PostgresStoreSettings PostgresOf(string connection)
    {
        var given = new NpgsqlConnectionStringBuilder(connection);
        var password = new SecretValue(given.Password ?? "");
        given.Password = null;
        return new PostgresStoreSettings(given.ConnectionString, password, PostgresSchema);
    }

    static async Task MeasureAsync(StreamOptions options, int rounds)
    {
        var (settings, time, random) = (options.Settings, TimeProvider.System, new Random(1));
        await using var payments = new PaymentLookup(options);
        await using var log = new CaseLog(() => StreamTopics.OpenCases(settings, NullLogger.Instance, time));
        using var queue = new CaseQueue(payments, log, time);
        await using var registry = new RegistryAccess(options, null!, NullLoggerFactory.Instance, time);
        await using var topics = StreamTopics.Open(settings, NullLogger.Instance, time);
        var first = new DateTimeOffset(new GeneratorSettings().Start, TimeOnly.MinValue, TimeSpan.Zero).ToUnixTimeMilliseconds();
        var last = new DateTimeOffset((await payments.FindAsync(new PaymentFilter(), 1))[0].At, TimeSpan.Zero).ToUnixTimeMilliseconds();
        var alerts = await SampleAsync(payments, new PaymentFilter(IsFraud: true), first, last, random);
        var any = await SampleAsync(payments, new PaymentFilter(), first, last, random);

        // Of merchants: those of many payments and the one of the fewest.
        var merchants = any.GroupBy(payment => payment.Merchant).OrderByDescending(found => found.Count()).Select(found => found.Key).ToArray();
        string[] someMerchants = [merchants[0], merchants[merchants.Length / 2], merchants[^1]];
        long Moment(double depth) => last - (long)(depth * (last - first));
        StoredPosition Deep() => new(Moment(0.1 + (0.85 * random.NextDouble())), "");
        T One<T>(IReadOnlyList<T> of) => of[random.Next(of.Count)];
        Task<int> SearchAsync(PaymentFilter filter, int limit = 20) => CountAsync(payments.FindAsync(filter, limit));

        Console.WriteLine();
        Console.WriteLine("| view | what it asks | answers | first ms | median ms | slowest ms | |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- |");
        await AskAsync("Live", "topics and groups", async () => (await topics.StatusAsync(default)).Topics.Length);
        await AskAsync("Alerts", "the queue: cases of the latest 2,000 alerts", async () => (await queue.ReadAsync(isChanged: true)).Length);
        await AskAsync("Alerts", "a case: alerts, the card's payments, the merchant's other alerts", async () => (await queue.FindAsync(One(alerts).Address)) is { } file ? file.Payments.Length + file.Others.Length : 0);
        await AskAsync("Models", "versions and history", async () => (await registry.AskAsync(models => Task.FromResult(ShownModels.Of(models)), default)).History.Length);
        await AskAsync("Models", "cut-offs of the latest 20,000 payments", async () => (await CutOffs.ReadAsync(payments))?.Points.Length ?? 0);
        var candidates = new LiveCandidateSettings(settings.Candidates);
        using var drift = new DriftLookup(registry, () => topics, candidates);
        await AskAsync("Drift", "windows, alarms, distributions: nothing new since somebody looked", async () => (await drift.ReadAsync(default)).Report?.Windows.Length ?? 0);
        await AskAsync("Drift", "the same, the first time in a process", async () =>
        {
            using var first = new DriftLookup(registry, () => topics, candidates);
            return (await first.ReadAsync(default)).Report?.Windows.Length ?? 0;
        });
        await AskAsync("Data", "the latest payments", () => SearchAsync(new PaymentFilter()));
        await AskAsync("Data", "by id", () => SearchAsync(new PaymentFilter(One(any).Id)));
        await AskAsync("Data", "by id that is not there", () => SearchAsync(new PaymentFilter($"none-{random.Next()}")));
        await AskAsync("Data", "by the card's last four digits", () => SearchAsync(new PaymentFilter(CardEnding: One(any).Card[^4..])));
        await AskAsync("Data", "by the card's last four digits, a page deep in", () => SearchAsync(new PaymentFilter(CardEnding: One(any).Card[^4..], Before: Deep())));
        await AskAsync("Data", "by last four digits that no card has", () => SearchAsync(new PaymentFilter(CardEnding: "no 4")));
        await AskAsync("Data", "by merchant", () => SearchAsync(new PaymentFilter(Merchant: One(someMerchants))));
        await AskAsync("Data", "by merchant, a page deep in", () => SearchAsync(new PaymentFilter(Merchant: One(someMerchants), Before: Deep())));
        await AskAsync("Data", "by merchant, predicted frauds", () => SearchAsync(new PaymentFilter(Merchant: One(someMerchants), IsFraud: true)));
        await AskAsync("Data", "by a merchant that is not there", () => SearchAsync(new PaymentFilter(Merchant: "none")));
        await AskAsync("Data", "by time, a day", () =>
        {
            var from = Moment(random.NextDouble());
            return SearchAsync(new PaymentFilter(From: from, To: from + 86_400_000));
        });
        await AskAsync("Data", "a page deep in", () => SearchAsync(new PaymentFilter(Before: Deep())));
        await AskAsync("Data", "a page of 1,000 deep in", () => SearchAsync(new PaymentFilter(Before: Deep()), 1_000));
        await AskAsync("Data", "by score, from 0.05 and from 0.5 to 0.999", () => SearchAsync(new PaymentFilter(MinScore: One([0.05, 0.5, 0.9, 0.99, 0.999]))));
        await AskAsync("Data", "by score from 0.5 on, a page deep in", () => SearchAsync(new PaymentFilter(MinScore: 0.5, Before: Deep())));
        await AskAsync("Data", "by score from 1 on: none", () => SearchAsync(new PaymentFilter(MinScore: 1.0)));
        await AskAsync("Data", "predicted frauds, a page deep in", () => SearchAsync(new PaymentFilter(IsFraud: true, Before: Deep())));

        async Task AskAsync(string view, string what, Func<Task<int>> ask)
        {
            var took = new List<double>();
            var answers = 0;
            for (var round = 0; round < rounds; round++)
            {
                var started = Stopwatch.GetTimestamp();
                answers = Math.Max(answers, await ask());
                took.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }

            var sorted = took.Order().ToArray();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {view} | {what} | {answers:N0} | {took[0]:N1} | {sorted[sorted.Length / 2]:N1} | {sorted[^1]:N1} | {(sorted[^1] > s_limit.TotalMilliseconds ? "over 300 ms" : "")} |"));
        }
    }

    /// <summary>Payments of moments over the whole time.</summary>
    static async Task<List<ShownPayment>> SampleAsync(PaymentLookup payments, PaymentFilter filter, long first, long last, Random random)
    {
        var found = new List<ShownPayment>();
        for (var moment = 0; moment < 50; moment++)
            found.AddRange(await payments.FindAsync(filter with { Before = new StoredPosition(first + (long)((0.02 + (0.98 * random.NextDouble())) * (last - first)), "") }, 20));
        return found;
    }

    static async Task<int> CountAsync<T>(Task<System.Collections.Immutable.ImmutableArray<T>> found) => (await found).Length;
}
