using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Api;

/// <summary>A test that needs a real Prometheus; skipped where it is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class PrometheusFactAttribute : FactAttribute
{
    public PrometheusFactAttribute()
    {
        if (PrometheusServer.Program is null)
            Skip = "needs prometheus (Debian: prometheus)";
    }
}

/// <summary>A real Prometheus in a process of its own, which scrapes one address every half second.</summary>
sealed class PrometheusServer : IAsyncDisposable
{
    readonly TemporaryFolder _folder;
    readonly Process _process;
    readonly HttpClient _client;

    PrometheusServer(TemporaryFolder folder, Process process, int port)
    {
        (_folder, _process) = (folder, process);
        _client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
    }

    public static string? Program { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/bin")
        .Select(folder => Path.Combine(folder, "prometheus")).FirstOrDefault(File.Exists);

    /// <summary>Answers queries when it returns.</summary>
    /// <param name="rules">Files of rules, absolute.</param>
    public static async Task<PrometheusServer> StartAsync(Uri target, params string[] rules)
    {
        var folder = new TemporaryFolder();
        var config = Path.Combine(folder, "prometheus.yml");
        await File.WriteAllTextAsync(config, $"""
            global: {"{"} scrape_interval: 500ms, evaluation_interval: 500ms {"}"}
            rule_files: [{string.Join(", ", rules.Select(rule => $"'{rule}'"))}]
            scrape_configs:
              - job_name: fraudstreams
                static_configs: [{"{"} targets: ['{target.Authority}'] {"}"}]
            """);
        var port = SmtpServer.FreePort();
        var start = new ProcessStartInfo(
            Program!, [$"--config.file={config}", $"--storage.tsdb.path={Path.Combine(folder, "data")}", $"--web.listen-address=127.0.0.1:{port}", "--log.level=error"])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        };
        var server = new PrometheusServer(folder, Process.Start(start)!, port);
        await Eventually.TrueAsync(server.IsReadyAsync, everyMilliseconds: 50);
        return server;
    }

    /// <summary>The values of a query, by their labels as text.</summary>
    public async Task<Dictionary<string, double>> QueryAsync(string query)
    {
        using var answer = await _client.GetAsync($"/api/v1/query?query={Uri.EscapeDataString(query)}");
        var json = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        json.GetProperty("status").GetString().ShouldBe("success", $"{query}: {json}");
        return json.GetProperty("data").GetProperty("result").EnumerateArray().ToDictionary(
            series => string.Join(',', series.GetProperty("metric").EnumerateObject().Where(label => label.Name is not ("instance" or "job" or "otel_scope_name")).Select(label => label.Value.GetString())),
            series => double.Parse(series.GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture));
    }

    /// <summary>Waits until the query has a value, or one that is so.</summary>
    public async Task<Dictionary<string, double>> EventuallyAsync(string query, Func<Dictionary<string, double>, bool>? isSo = null)
    {
        Dictionary<string, double> found = [];
        await Eventually.TrueAsync(async () => (found = await QueryAsync(query)).Count > 0 && isSo?.Invoke(found) != false, query, everyMilliseconds: 100);
        return found;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    async Task<bool> IsReadyAsync()
    {
        if (_process.HasExited)
            throw new InvalidOperationException($"prometheus ended: {await _process.StandardError.ReadToEndAsync()}");
        try
        {
            return (await _client.GetAsync("/-/ready")).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
