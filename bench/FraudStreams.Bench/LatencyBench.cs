using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Confluent.Kafka;
using FraudStreams.Hosting;
using FraudStreams.Model.Reports;
using FraudStreams.Topics;
using Microsoft.Data.Sqlite;

namespace FraudStreams.Bench;

/// <summary>
/// The latency curve: the whole program at a given rate, on a file's payments, mails to an SMTP server; from a payment's time in `transactions` until its
/// prediction is in `predictions`, and until the delivery of its alert is noted, which comes after the mail server has accepted it. At each rate with the
/// database there, and again with its file locked by another process. What the first seconds bring is left out.
/// <c>… -- latency payments.csv model-folder [rates=100,1000,5000,10000,20000] [seconds=20] [kafka=broker:port] [chart=file.svg] [key=value …]</c>
/// </summary>
static class LatencyBench
{
    /// <summary>Seconds of payments that are not measured: code is compiled, files grow.</summary>
    const int WarmUp = 4;

    const int Partitions = 4;

    /// <summary>Milliseconds that the chart shows: what is above stands in the table.</summary>
    const double Highest = 500;

    sealed record Run(string Database, int Rate, double Cpu, double[] Predictions, double[] Mails);

    public static async Task MeasureAsync(string csv, string model, string[] options)
    {
        var given = options.Select(option => option.Split('=', 2)).ToDictionary(option => option[0], option => option[1]);
        var rates = Take("rates", "100,1000,5000,10000,20000").Split(',').Select(rate => int.Parse(rate, CultureInfo.InvariantCulture)).ToArray();
        var seconds = int.Parse(Take("seconds", "20"), CultureInfo.InvariantCulture);
        var kafka = Take("kafka", "");
        var chart = Take("chart", "");
        var runs = new List<Run>();
        var root = Directory.CreateTempSubdirectory("fraudstreams-bench-").FullName;
        using var stop = new CancellationTokenSource();
        var port = FreePort();
        var mails = new SmtpServer.SmtpServer(
            new SmtpServer.SmtpServerOptionsBuilder().ServerName("localhost").Endpoint(endpoint => endpoint.Endpoint(new IPEndPoint(IPAddress.Loopback, port))).Build(),
            SmtpServer.ComponentModel.ServiceProvider.Default).StartAsync(stop.Token);
        Console.WriteLine($"{(kafka == "" ? "embedded topics" : "Kafka")}, milliseconds from a payment's time in its topic");
        Console.WriteLine("| database | payments/s | to its prediction: p50 | p99 | p99.9 | to its mail accepted: p50 | p99 | p99.9 | mails | processor |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (var rate in rates)
        {
            foreach (var database in (string[])["there", "locked"])
            {
                var input = Cut(csv, root, rate * (seconds + WarmUp));
                var run = await RunAtAsync(rate, database, input, model, Path.Combine(root, "data"), kafka, port, given);
                runs.Add(run);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {run.Database} | {run.Rate:N0} | {Shown(run.Predictions, 0.5)} | {Shown(run.Predictions, 0.99)} | {Shown(run.Predictions, 0.999)} | {Shown(run.Mails, 0.5)} | {Shown(run.Mails, 0.99)} | {Shown(run.Mails, 0.999)} | {run.Mails.Length:N0} | {run.Cpu:0%} |"));
            }
        }

        if (chart != "")
            await File.WriteAllTextAsync(chart, Chart(runs, kafka == "" ? "embedded topics" : "Kafka"));
        await stop.CancelAsync();
        await mails.ContinueWith(_ => { }, TaskScheduler.Default);
        Directory.Delete(root, recursive: true);

        string Take(string key, string otherwise) => given.Remove(key, out var value) ? value : otherwise;
    }

    static double At(double[] times, double share) => times.Length == 0 ? double.NaN : times[Math.Min(times.Length - 1, (int)(times.Length * share))];

    static string Shown(double[] times, double share) => times.Length == 0 ? "–" : At(times, share).ToString("N0", CultureInfo.InvariantCulture);

    static string Chart(List<Run> runs, string topics)
    {
        return new LineChart(
            $"p99 of the latency by rate, {topics}, up to {Highest} ms", new ChartAxis("payments a second") { From = 0 }, new ChartAxis("milliseconds") { From = 0, To = Highest },
            [
                Line("to its prediction", "there", run => run.Predictions), Line("to its prediction, database locked", "locked", run => run.Predictions),
                Line("to its mail accepted", "there", run => run.Mails), Line("to its mail accepted, database locked", "locked", run => run.Mails),
            ]).ToSvgFile();

        LineSeries Line(string name, string database, Func<Run, double[]> times) =>
            new(name, [.. runs.Where(run => run.Database == database).Select(run => new ChartPoint(run.Rate, At(times(run), 0.99) is <= Highest and var shown ? shown : double.NaN))]) { IsDashed = database == "locked" };
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    internal static string Cut(string csv, string root, int payments)
    {
        var path = Path.Combine(root, $"payments-{payments}.csv");
        if (!File.Exists(path))
            File.WriteAllLines(path, File.ReadLines(csv).Take(payments + 1));
        return path;
    }

    static async Task<Run> RunAtAsync(int rate, string database, string input, string model, string data, string kafka, int port, IEnumerable<KeyValuePair<string, string>> settings)
    {
        if (Directory.Exists(data))
            Directory.Delete(data, recursive: true);
        SpineBench.InstallModel(model, data);
        var prefix = $"latency-{Guid.NewGuid():N}.";
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, UseShellExecute = false };
        string[] arguments =
        [
            typeof(StreamService).Assembly.Location, "run", "--input", input, "--until-drained", "--data", data, "--roles", "simulate,score,alert,store",
            .. Set($"speeds.speed_1={rate}/s"), .. Set("alerts.mail.host=127.0.0.1"), .. Set($"alerts.mail.port={port}"), .. Set("alerts.mail.per-minute=unlimited"),
            .. Set("alerts.mail.card-window=0s"), .. Set($"topics.partitions={Partitions}"), .. settings.SelectMany(setting => Set($"{setting.Key}={setting.Value}")),
            .. kafka == "" ? [] : (string[])[.. Set("topics.kind=kafka"), .. Set($"topics.kafka.bootstrap-servers={kafka}"), .. Set($"topics.kafka.prefix={prefix}")],
        ];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var (cpu, wall) = (TimeSpan.Zero, Stopwatch.StartNew());
        if (database == "locked")
            await LockStoreAsync(Path.Combine(data, "fraudstreams.db"), File.ReadLines(input).Count() / rate);
        while (!process.HasExited)
        {
            await Task.Delay(50);
            try
            {
                process.Refresh();
                cpu = process.TotalProcessorTime;
            }
            catch (InvalidOperationException)
            {
                // It has just ended.
            }
        }

        if (process.ExitCode != 0)
            throw new InvalidOperationException($"the run ended with {process.ExitCode}: {await output}");
        var topics = kafka == "" ? (Func<string, IEnumerable<(long Time, string? Id)>>)(topic => Embedded(data, topic)) : topic => OnKafka(kafka, prefix + topic);
        var began = new Dictionary<string, long>();
        foreach (var (time, id) in topics(TopicNames.Transactions))
            began.TryAdd(id!, time);
        var from = began.Values.Min() + (WarmUp * 1000);
        return new Run(database, rate, cpu / wall.Elapsed, Since(topics(TopicNames.Predictions)), Since(topics(TopicNames.Alerts)));

        double[] Since(IEnumerable<(long Time, string? Id)> records) =>
            [.. records.Where(record => record.Id is { } id && began[id] >= from).Select(record => (double)(record.Time - began[record.Id!])).Order()];
    }

    static string[] Set(string setting) => ["--set", setting];

    /// <summary>Locks the store's file once rows are in it, until the payments are through, and returns then.</summary>
    static async Task LockStoreAsync(string path, int seconds)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ToString());
        while (!File.Exists(path) || !HasRows(connection))
            await Task.Delay(100);
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA busy_timeout = 10000; BEGIN EXCLUSIVE";
        command.ExecuteNonQuery();
        await Task.Delay(TimeSpan.FromSeconds(seconds));
    }

    static bool HasRows(SqliteConnection connection)
    {
        try
        {
            if (connection.State != System.Data.ConnectionState.Open)
                connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT 1 FROM transactions LIMIT 1";
            return command.ExecuteScalar() is not null;
        }
        catch (SqliteException)
        {
            return false;
        }
    }

    internal static IEnumerable<(long Time, string? Id)> Embedded(string data, string topic)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(data, "topics.db"), Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        connection.Open();
        using var tables = connection.CreateCommand();
        tables.CommandText = $"SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '{topic}/%'";
        using var partitions = tables.ExecuteReader();
        while (partitions.Read())
        {
            using var command = connection.CreateCommand();
            command.CommandText = $"SELECT time, value FROM \"{partitions.GetString(0)}\"";
            using var rows = command.ExecuteReader();
            while (rows.Read())
                yield return (rows.GetInt64(0), Id((byte[])rows[1]));
        }
    }

    static IEnumerable<(long Time, string? Id)> OnKafka(string servers, string topic)
    {
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(new ConsumerConfig { BootstrapServers = servers, GroupId = topic + "bench", EnablePartitionEof = true, EnableAutoCommit = false }).Build();
        using var admin = new DependentAdminClientBuilder(consumer.Handle).Build();
        var partitions = admin.GetMetadata(topic, TimeSpan.FromSeconds(10)).Topics[0].Partitions;
        consumer.Assign(partitions.Select(partition => new TopicPartitionOffset(topic, partition.PartitionId, 0)));
        for (var ended = 0; ended < partitions.Count;)
        {
            var record = consumer.Consume(TimeSpan.FromSeconds(10)) ?? throw new InvalidOperationException($"{topic} cannot be read");
            if (record.IsPartitionEOF)
                ended++;
            else
                yield return (record.Message.Timestamp.UnixTimestampMs, Id(record.Message.Value));
        }
    }

    /// <summary>Of a payment, or of the one that an alert was of.</summary>
    static string? Id(byte[] record)
    {
        using var json = JsonDocument.Parse(record);
        return json.RootElement.TryGetProperty("trans_num", out var id) || json.RootElement.TryGetProperty("transaction", out id) ? id.GetString() : null;
    }
}
