using System.Buffers;
using System.Globalization;
using System.Text;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.Simulation;
using FraudStreams.Simulation.Generation;
using FraudStreams.Simulation.Http;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.Diagnostics;
using FraudStreams.Tests.Messaging.Sqlite;
using FraudStreams.Tests.Rekeying;
using FraudStreams.Tests.Simulation.Http;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using Shouldly;
using Xunit;
using Xunit.Abstractions;

namespace FraudStreams.Tests.Simulation;

/// <summary>
/// The same payments in every form that people have them in, files, topics and payments APIs with their faults, have the same scores by id, bit for bit. Prints a
/// table with a row for each form. They are sparkov's first where FRAUDSTREAMS_DATA has that file, else generated ones in its columns; 5,000, and 100,000 with
/// FRAUDSTREAMS_CHAOS=long. No card has two of the same moment: which of two came first, in two partitions, nobody knows.
/// </summary>
[Trait("Category", "Integration")]
public sealed class SameScoresTests(ITestOutputHelper output) : ActorTest(ConfigLayers.Reference())
{
    const int InAnAnswer = 2_000, SentBefore = 4, FaultyAnswers = 60;

    static readonly int s_payments = Environment.GetEnvironmentVariable("FRAUDSTREAMS_CHAOS") == "long" ? 100_000 : 5_000;

    readonly TemporaryFolder _folder = new();
    readonly List<string> _differing = [];
    readonly CollectedLog _log = new();
    List<(string Id, byte[] Key, byte[] Json)> _payments = [];
    Dictionary<string, long> _expected = [];
    volatile int _sent;

    string Plain => Path.Combine(_folder, "payments.csv");

    [Fact]
    public async Task Payments_have_the_same_scores_in_whatever_form_they_come()
    {
        var source = WritePlain();
        _expected = OfFile(Plain, TrainedModel.Schema);
        _expected.Count.ShouldBe(s_payments);
        _expected.Values.Distinct().Count().ShouldBeGreaterThan(100);
        output.WriteLine($"{s_payments:N0} payments of {source}\n\n| form | rows | scores that differ |\n| --- | --- | --- |");

        await AddAsync("topic of ours, keyed by card", OfOurTopicAsync);
        await AddAsync("topic keyed by id, 4 partitions, re-keyed", () => OfForeignTopicAsync("flat", "cards", payment => payment));
        var nested = ForeignTopic.WriteSchema(_folder);
        await AddAsync("… nested JSON, other names", () => OfForeignTopicAsync("nested", nested, ForeignTopic.Nested));
        using var registry = new FakeRegistry();
        string[] registered = [$"topics.registry.url={registry.Url}"];
        var (avro, json) = (registry.Register(ForeignTopic.AvroSchema), registry.Register("{}", "JSON"));
        await AddAsync("… nested Avro, schema registry", () => OfForeignTopicAsync("avro", nested, payment => ForeignTopic.InAvro(payment, avro), registered));
        await AddAsync("… nested JSON Schema, schema registry", () => OfForeignTopicAsync("json", nested, payment => ForeignTopic.Framed(ForeignTopic.Nested(payment), json), registered));
        foreach (var form in ApiForms.All)
            await AddAsync($"payments API with faults: {form}", () => OfApiAsync(form));
        await AddAsync($"file payments.csv, {SizeOf(Plain)}, as the stream reads it", () => Task.FromResult(OfFeed(Plain, TrainedModel.Schema)));
        foreach (var form in PaymentForms.All)
        {
            var (path, schema) = (await PaymentForms.WriteAsync(Plain, form), PaymentForms.SchemaOf(form));
            await AddAsync($"file {form}, {SizeOf(path)}, as training reads it", () => Task.FromResult(OfFile(path, schema)));
            await AddAsync($"file {form}, as the stream reads it", () => Task.FromResult(OfFeed(path, schema)));
        }

        _differing.ShouldBeEmpty();
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _folder.Dispose();
    }

    static string SizeOf(string path) => string.Create(CultureInfo.InvariantCulture, $"{new FileInfo(path).Length / 1e6:0.00} MB");

    /// <summary>A row of the table.</summary>
    async Task AddAsync(string form, Func<Task<Dictionary<string, long>>> scores)
    {
        var found = await scores();
        var differing = _expected.Keys.Union(found.Keys).Count(id => !_expected.TryGetValue(id, out var expected) || !found.TryGetValue(id, out var score) || score != expected);
        output.WriteLine($"| {form} | {found.Count:N0} | {differing:N0} |");
        if (differing > 0)
            _differing.Add(form);
    }

    /// <summary>Writes the plain file that all other forms are made of, and takes its payments as the simulator publishes them.</summary>
    /// <returns>Where the payments are from.</returns>
    string WritePlain()
    {
        var isReal = RealData.MissingReason is null && RealData.FirstMissing(["fraudTrain.csv"]) is null;
        var more = s_payments + (s_payments / 10);
        if (isReal)
            File.WriteAllLines(Plain, File.ReadLines(RealData.Find("fraudTrain.csv")).Take(more + 1));
        else
            GeneratedCsv.Write(Plain, new PaymentGenerator(TrainedModel.Generator(seed: 8)), more);

        // What the encoding of a file decides.
        var lines = File.ReadAllText(Plain).Replace("St", "Süß").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        File.WriteAllLines(Plain, lines);
        var (kept, moments) = (new List<string> { lines[0] }, new HashSet<(string Card, long? Time)>());
        var json = new ArrayBufferWriter<byte>();
        using (var feed = new CsvFeed(Plain, TrainedModel.Schema))
        {
            for (var line = 1; kept.Count <= s_payments && feed.TryRead(json); line++, json.ResetWrittenCount())
            {
                if (!moments.Add((Encoding.UTF8.GetString(feed.Key), feed.EventTime)))
                    continue;
                kept.Add(lines[line]);
                _payments.Add((ForeignTopic.IdOf(json.WrittenSpan.ToArray()), feed.Key.ToArray(), json.WrittenSpan.ToArray()));
            }
        }

        File.WriteAllLines(Plain, kept);
        return isReal ? "sparkov" : "the generator";
    }

    async Task<Dictionary<string, long>> OfOurTopicAsync()
    {
        const int partitions = 3;
        await using var log = EmbeddedMessageLog.Open(LogOf.Settings(Path.Combine(_folder, "ours"), partitions, TopicNames.Transactions), TimeProvider.System, _ => { });
        foreach (var chunk in _payments.Chunk(InAnAnswer))
        {
            var batch = new RecordBatch(chunk.Length);
            foreach (var (_, key, json) in chunk)
                batch.Add(TopicNames.Transactions, key, json);
            await log.PublishAsync(batch, default);
        }

        var scores = new Dictionary<string, long>();
        for (var number = 0; number < partitions; number++)
        {
            var records = new List<byte[]>();
            await foreach (var chunk in log.ReadAsync(new TopicPartition(TopicNames.Transactions, number), 0, long.MaxValue, default))
                records.AddRange(chunk.Select(record => record.Value.ToArray()));
            Score(records, scores);
        }

        return scores;
    }

    async Task<Dictionary<string, long>> OfForeignTopicAsync(string name, string schema, Func<byte[], byte[]> written, params string[] set)
    {
        await using var topic = new EmbeddedRekeying(Path.Combine(_folder, name), Sys, schema, set);
        await topic.PublishAsync(_payments.Select(payment => (payment.Id, written(payment.Json))));
        await topic.RunAsync();
        (await topic.ReadAsync(TopicNames.Rejected)).Single().ShouldBeEmpty();
        var scores = new Dictionary<string, long>();
        foreach (var records in await topic.ReadAsync(TopicNames.Transactions))
            Score(records.Select(record => record.Value.ToArray()), scores);
        return scores;
    }

    async Task<Dictionary<string, long>> OfApiAsync(string form)
    {
        _sent = 0;
        var texts = _payments.ConvertAll(payment => Encoding.UTF8.GetString(payment.Json));
        await using var api = new TestPaymentsApi(request =>
        {
            var answer = form == ApiForms.One ? ApiForms.Of(form, texts[_sent]) with { IsKept = true } : ApiForms.Of(form, [.. texts.Skip(Math.Max(0, _sent - SentBefore)).Take(InAnAnswer)]);
            return request >= FaultyAnswers ? answer : (request % 6) switch
            {
                0 => new TestPaymentsApi.Answer("", "429 Too Many Requests", "Retry-After: 0\r\n"),
                1 => new TestPaymentsApi.Answer("down", "500 Internal Server Error"),
                2 => answer with { Sent = answer.Body.Length / 2, IsKept = false },
                3 => new TestPaymentsApi.Answer(answer.Body[..(answer.Body.Length / 2)]),
                4 => answer with { IsSlow = true },
                _ => answer,
            };
        });
        var (time, health) = (TimeProvider.System, new PipelineHealth(TimeSpan.FromHours(1), TimeProvider.System));
        var settings = SettingsOf.Set("simulate.kind=http", $"simulate.http.url={api.Url}").Simulate.Http! with { Interval = TimeSpan.Zero };
        await using var log = EmbeddedMessageLog.Open(LogOf.Settings(Path.Combine(_folder, form)), time, _ => { });
        using var feed = new HttpFeed(settings, TrainedModel.Schema, log, new BackoffSettings(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(5)), new ErrorThrottle(_log, ConsumerGroups.Simulate, time), health, time);
        var (records, json) = (new List<byte[]>(), new ArrayBufferWriter<byte>());
        while (records.Count < s_payments)
        {
            if (!feed.TryRead(json))
            {
                await feed.WaitAsync(default);
                continue;
            }

            records.Add(json.WrittenSpan.ToArray());
            json.ResetWrittenCount();
            _sent = records.Count;
        }

        var scores = new Dictionary<string, long>();
        Score(records, scores);
        return scores;
    }

    /// <summary>As training and evaluation read a file.</summary>
    static Dictionary<string, long> OfFile(string path, TransactionSchema schema)
    {
        var (scores, windows) = (new Dictionary<string, long>(), new WindowState(TrainedModel.Schema));
        foreach (var rows in new CsvHistory(path, schema).Read(_ => { }, reason => throw new InvalidDataException(reason.Message), default))
            Score(rows, windows, scores);
        return scores;
    }

    /// <summary>As the simulator publishes it.</summary>
    static Dictionary<string, long> OfFeed(string path, TransactionSchema schema)
    {
        using var feed = new CsvFeed(path, schema);
        var scores = new Dictionary<string, long>();
        Score(Records(feed), scores);
        return scores;

        static IEnumerable<byte[]> Records(CsvFeed feed)
        {
            var json = new ArrayBufferWriter<byte>();
            for (; feed.TryRead(json); json.ResetWrittenCount())
                yield return json.WrittenSpan.ToArray();
        }
    }

    /// <summary>As the stream reads the records of a partition of `transactions`.</summary>
    static void Score(IEnumerable<byte[]> records, Dictionary<string, long> scores)
    {
        var (reader, windows) = (new TransactionReader(TrainedModel.Schema), new WindowState(TrainedModel.Schema));
        foreach (var chunk in records.Chunk(1_000))
        {
            using var rows = new TransactionRows(TrainedModel.Schema);
            foreach (var record in chunk)
                reader.Read(record, rows).ShouldBeNull();
            Score(rows, windows, scores);
        }
    }

    static void Score(TransactionRows rows, WindowState windows, Dictionary<string, long> scores)
    {
        var values = new double[rows.Count];
        windows.Advance(rows);
        TrainedModel.Loaded.Score(rows, values);
        for (var row = 0; row < rows.Count; row++)
            scores.Add(Encoding.UTF8.GetString(rows.Id(row)), BitConverter.DoubleToInt64Bits(values[row]));
    }
}
