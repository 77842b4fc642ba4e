using System.Collections.Immutable;
using System.Diagnostics;
using Confluent.Kafka;
using FraudStreams.Configuration;
using FraudStreams.Hosting;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Kafka;
using FraudStreams.Model.Models;
using FraudStreams.Pipelines;
using FraudStreams.Simulation;
using FraudStreams.Topics;
using Microsoft.Extensions.Logging.Abstractions;

namespace FraudStreams.Bench;

/// <summary>
/// Scoring on Kafka from topic to committed predictions: `run --roles score --until-drained` against <see cref="KafkaByHand"/>, alternating, each
/// run in its own process and on its own topics with the same payments. The rate is measured from the first to the last prediction's
/// timestamp, so that start-up and shutdown do not count. <c>… -- kafka payments.csv model-folder broker:port [rounds] [schema]</c>
/// </summary>
static class KafkaBench
{
    const int Partitions = 4;
    internal const string Config = "hocon/kafka.conf";
    internal const string DefaultSchema = "cards";

    public static async Task RunAsync(string csv, string model, string servers, string[] rest)
    {
        var rounds = rest is [var text, ..] ? int.Parse(text) : 3;
        var schema = rest is [_, var name] ? name : DefaultSchema;
        var root = Directory.CreateTempSubdirectory("fraudstreams-bench-").FullName;
        var ratios = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            var byHand = await MeasureAsync("by hand", csv, model, servers, Path.Combine(root, $"hand-{round}"),
                (_, prefix) => [typeof(KafkaBench).Assembly.Location, "kafka-by-hand", model, servers, prefix]);
            var stream = await MeasureAsync("stream", csv, model, servers, Path.Combine(root, $"stream-{round}"),
                (data, prefix) => [typeof(StreamService).Assembly.Location, "run", "--roles", "score", "--until-drained", "--config", Config, "--data", data, .. Set(servers, prefix, schema)]);
            ratios.Add(stream / byHand);
        }

        ratios.Sort();
        Console.WriteLine($"stream / by hand, payments/s: median {ratios[ratios.Count / 2]:0.00} ({string.Join(", ", ratios.Select(ratio => $"{ratio:0.00}"))})");
        Directory.Delete(root, recursive: true);
    }

    /// <summary>The command-line options of a run.</summary>
    /// <param name="schema">The model's schema: a name or a file.</param>
    internal static string[] Set(string servers, string prefix, string schema) =>
        ["--set", $"topics.kafka.bootstrap-servers={servers}", "--set", $"topics.kafka.prefix={prefix}", "--set", $"topics.partitions={Partitions}", "--schema", schema];

    static async Task<double> MeasureAsync(string what, string csv, string model, string servers, string data, Func<string, string, string[]> arguments)
    {
        var prefix = $"bench-{Guid.NewGuid():N}.";
        var payments = await FillAsync(csv, model, servers, prefix);
        SpineBench.InstallModel(model, data);
        var run = SpineBench.Run(what, arguments(data, prefix));
        var (predictions, seconds) = Predictions(servers, prefix);
        if (predictions != payments)
            throw new InvalidOperationException($"{what}: {payments:N0} payments gave {predictions:N0} predictions: {run.Output}");
        Console.WriteLine(
            $"{what,-8} {payments:N0} payments: {payments / seconds,8:N0}/s from the first prediction to the last, {payments / run.Seconds,8:N0}/s from start to end of the process, "
            + $"{run.Cpu.TotalMicroseconds / payments:0.0} us CPU each, peak {run.Peak / 1e6:0} MB");
        Directory.Delete(data, recursive: true);
        return payments / seconds;
    }

    /// <summary>Publishes the payments of the file to topic `transactions`, as the simulator does.</summary>
    internal static async Task<long> FillAsync(string csv, string model, string servers, string prefix)
    {
        var settings = FraudSettings.From(new ConfigLayers(Config, [$"topics.partitions={Partitions}"]).Load());
        await using var topics = KafkaMessageLog.Open(Settings(servers, prefix), StreamTopics.Layout(settings.Topics), NullLogger.Instance);
        using var feed = new CsvFeed(csv, ModelArtifact.Load(model).Schema);
        var value = new System.Buffers.ArrayBufferWriter<byte>();
        var rows = 0L;
        for (var more = true; more;)
        {
            var records = new RecordBatch(5000);
            while (records.Count < 5000 && (more = feed.TryRead(value)))
            {
                records.Add(TopicNames.Transactions, feed.Key, value.WrittenSpan);
                value.ResetWrittenCount();
            }

            rows += records.Count;
            await topics.PublishAsync(records, CancellationToken.None);
        }

        return rows;
    }

    internal static KafkaSettings Settings(string servers, string prefix) => new(
        servers, prefix, null, TimeSpan.FromSeconds(10), ImmutableSortedDictionary<string, string>.Empty,
            ImmutableSortedDictionary<string, string>.Empty, ImmutableSortedDictionary<string, string>.Empty, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(3), new SecretValue(""));

    /// <summary>How many there are, and from the timestamp of the first to that of the last.</summary>
    internal static (long Count, double Seconds) Predictions(string servers, string prefix)
    {
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = servers, GroupId = prefix + "bench", EnablePartitionEof = true, EnableAutoCommit = false }).Build();
        consumer.Assign(Enumerable.Range(0, Partitions).Select(partition => new TopicPartitionOffset(prefix + TopicNames.Predictions, partition, 0)));
        var (count, ended, first, last) = (0L, 0, long.MaxValue, 0L);
        while (ended < Partitions)
        {
            var record = consumer.Consume(TimeSpan.FromSeconds(10)) ?? throw new InvalidOperationException("the predictions cannot be read");
            if (record.IsPartitionEOF)
            {
                ended++;
                continue;
            }

            count++;
            first = Math.Min(first, record.Message.Timestamp.UnixTimestampMs);
            last = Math.Max(last, record.Message.Timestamp.UnixTimestampMs);
        }

        return (count, (last - first) / 1000.0);
    }

    /// <summary>The topics of a run, which would fill the disk.</summary>
    internal static async Task DeleteTopicsAsync(string servers, string prefix)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = servers }).Build();
        await admin.DeleteTopicsAsync(admin.GetMetadata(TimeSpan.FromSeconds(10)).Topics.Select(topic => topic.Topic).Where(topic => topic.StartsWith(prefix, StringComparison.Ordinal)));
    }
}
