using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using FraudStreams.Hosting;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using Npgsql;

namespace FraudStreams.Bench;

/// <summary>
/// The program as in production, on 1, 2 and 3 hosts: payments in a topic with 4 partitions are scored, alerted and stored in PostgreSQL by as many
/// processes of one consumer group. Then every stored score is compared, bit for bit, with the model's score of the file's rows without a stream.
/// <c>… -- kafka-hosts payments.csv model-folder broker:port "Host=…;Username=…;Password=…" [schema]</c>
/// </summary>
static class KafkaHostsBench
{
    public static async Task RunAsync(string csv, string model, string servers, string connection, string[] rest)
    {
        var schemaOfModel = rest is [var name] ? name : KafkaBench.DefaultSchema;
        var expected = Expected(csv, model);
        var given = new NpgsqlConnectionStringBuilder(connection);
        var password = given.Password ?? "";
        given.Password = null;
        foreach (var hosts in new[] { 1, 2, 3 })
        {
            var prefix = $"hosts-{Guid.NewGuid():N}.";
            var schema = $"hosts_{Guid.NewGuid():N}";
            var root = Directory.CreateTempSubdirectory("fraudstreams-hosts-").FullName;
            await KafkaBench.FillAsync(csv, model, servers, prefix);
            var started = Stopwatch.GetTimestamp();
            var running = new List<Process>();
            for (var host = 0; host < hosts; host++)
            {
                var data = Path.Combine(root, $"{host}");
                SpineBench.InstallModel(model, data);
                running.Add(Start(password,
                [
                    "run", "--roles", "score,alert,store", "--config", KafkaBench.Config, "--data", data, .. KafkaBench.Set(servers, prefix, schemaOfModel),
                    "--set", $"store.postgresql.connection-string={given.ConnectionString}", "--set", $"store.postgresql.schema={schema}",
                ]));
            }

            while (await StoredAsync(connection, schema) < expected.Count)
                await Task.Delay(50);
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            var shared = running.Count(process => process.TotalProcessorTime > TimeSpan.FromSeconds(3));
            foreach (var process in running)
            {
                Terminate(process);
                await process.WaitForExitAsync();
            }

            var stored = await ReadAsync(connection, schema);
            var different = expected.Count(row => !stored.TryGetValue(row.Key, out var score) || BitConverter.DoubleToInt64Bits(score) != BitConverter.DoubleToInt64Bits(row.Value));
            Console.WriteLine(
                $"{hosts} host(s): {expected.Count:N0} payments stored in {seconds:0.0} s from the start of the processes, {expected.Count / seconds:N0}/s, {shared} of them active; "
                + $"stored ids {stored.Count:N0}, scores that differ {different}, exit codes {string.Join(' ', running.Select(process => process.ExitCode))}; SHA-256 of all ids and scores {Digest(stored)}");
            Directory.Delete(root, recursive: true);
        }
    }

    static Dictionary<string, double> Expected(string csv, string modelFolder)
    {
        var model = ModelArtifact.Load(modelFolder);
        using var stream = File.OpenRead(csv);
        using var reader = new CsvReader(stream, model.Schema, Path.GetFileName(csv));
        using var rows = new TransactionRows(model.Schema);
        var windows = new WindowState(model.Schema);
        var expected = new Dictionary<string, double>();
        var scores = new double[1];
        while (reader.TryRead(rows, out _))
        {
            windows.Advance(rows);
            model.Score(rows, scores.AsSpan(0, rows.Count));
            expected.Add(Encoding.UTF8.GetString(rows.Id(0)), scores[0]);
            rows.Clear();
        }

        return expected;
    }

    static string Digest(Dictionary<string, double> scores)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (id, score) in scores.OrderBy(row => row.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(id));
            hash.AppendData(BitConverter.GetBytes(score));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    static Process Start(string password, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(StreamService).Assembly.Location, .. arguments]) { UseShellExecute = false, RedirectStandardOutput = true };
        start.Environment["FRAUDSTREAMS_POSTGRES_PASSWORD"] = password;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }

    static void Terminate(Process process)
    {
        using var kill = Process.Start("kill", [$"{process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Number of stored rows; 0 until the table exists.</summary>
    static async Task<long> StoredAsync(string connection, string schema)
    {
        try
        {
            return Convert.ToInt64(await ScalarAsync(connection, $"SELECT count(*) FROM {schema}.transactions"));
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            return 0;
        }
    }

    static async Task<object?> ScalarAsync(string connection, string sql)
    {
        await using var opened = new NpgsqlConnection(connection);
        await opened.OpenAsync();
        await using var command = new NpgsqlCommand(sql, opened);
        return await command.ExecuteScalarAsync();
    }

    static async Task<Dictionary<string, double>> ReadAsync(string connection, string schema)
    {
        await using var opened = new NpgsqlConnection(connection);
        await opened.OpenAsync();
        await using var command = new NpgsqlCommand($"SELECT trans_num, score FROM {schema}.transactions", opened);
        await using var rows = await command.ExecuteReaderAsync();
        var scores = new Dictionary<string, double>();
        while (await rows.ReadAsync())
            scores.Add(rows.GetString(0), rows.GetDouble(1));
        return scores;
    }
}
