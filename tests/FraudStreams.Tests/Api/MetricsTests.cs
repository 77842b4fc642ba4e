using System.Text.Json;
using System.Text.RegularExpressions;
using FraudStreams.RateLimiting;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Api;

[Collection(MetricsCollection.Name)]
[Trait("Category", "Integration")]
public sealed partial class MetricsTests
{
    const int Payments = 1_200;

    /// <summary>Counts from the first payment on, quantiles from buckets, lag of embedded topics, the runtime's and the process's own.</summary>
    [PrometheusFact]
    public async Task A_real_prometheus_scrapes_a_running_host_and_answers_queries()
    {
        using var folder = new StreamFolder(Payments);
        await using var api = await RunningApi.StartAsync(
            folder, "roles=[simulate, score, alert, store, label, api]", $"simulate.input={folder.Input}", "speeds.speed_1=pause", "batch.wait=20ms");
        await using var prometheus = await PrometheusServer.StartAsync(api.Client.BaseAddress!);
        await prometheus.EventuallyAsync("up", value => value.Values.Single() == 1);
        var rates = api.Services.GetRequiredService<PipelineRates>();
        rates.Speed1.Speed = Rate.Of(50);

        // A rate needs two scrapes that differ.
        await prometheus.EventuallyAsync("sum(fraudstreams_payment_latency_seconds_count{to=\"prediction\"})", value => value[""] > 0);
        rates.Speed1.Speed = Rate.Of(600);

        await prometheus.EventuallyAsync("sum(fraudstreams_predictions_total)", value => value[""] == Payments);
        await prometheus.EventuallyAsync("fraudstreams_stored_total", value => value.Values.Single() == Payments);
        var status = await api.JsonAsync("/status");

        (await prometheus.EventuallyAsync("fraudstreams_predictions_total{prediction=\"fraud\"}")).Values.Single().ShouldBe(status.GetProperty("predicted_frauds").GetInt64());
        await prometheus.EventuallyAsync("sum(fraudstreams_alerts_total{outcome=\"delivered\"})", value => value[""] == status.GetProperty("predicted_frauds").GetInt64());
        (await prometheus.EventuallyAsync("fraudstreams_payment_latency_seconds_count{to=\"prediction\"}")).Values.Single().ShouldBe(Payments);
        (await prometheus.EventuallyAsync("histogram_quantile(0.99, sum by (le) (rate(fraudstreams_payment_latency_seconds_bucket{to=\"prediction\"}[5m])))", value => !double.IsNaN(value[""])))[""].ShouldBeInRange(0.0001, 10);
        (await prometheus.EventuallyAsync("histogram_quantile(0.5, sum by (le) (fraudstreams_payment_latency_seconds_bucket{to=\"alert\"}))"))[""].ShouldBeInRange(0.0001, 30);
        (await prometheus.EventuallyAsync("fraudstreams_scores_count")).Values.Single().ShouldBe(Payments);
        var lag = await prometheus.EventuallyAsync("sum by (consumergroup, topic, partition) (kafka_consumergroup_lag)", value => value.Values.All(lag => lag == 0));
        lag.Keys.Order(StringComparer.Ordinal).ShouldBe(["alert,0,predictions", "label,0,labels", "score,0,transactions", "shadow,0,shadow", "store,0,predictions"]);
        (await prometheus.EventuallyAsync("fraudstreams_valve_rate_per_second{valve=\"speed_1\"}")).Values.ShouldBe([600]);
        (await prometheus.EventuallyAsync("fraudstreams_model_info")).Keys.ShouldBe([$"fraudstreams_model_info,champion,{TrainedModel.Loaded.Version}"]);
        foreach (var query in (string[])[
            "sum by (le) (fraudstreams_batch_size_bucket)", "rate(messaging_client_consumed_messages_total[1m])", "fraudstreams_alerts_pending", "fraudstreams_store_pending",
            "rate(process_cpu_time_seconds_total[1m])", "process_memory_usage_bytes", "dotnet_gc_collections_total", "dotnet_thread_pool_queue_length_total",
            "http_server_request_duration_seconds_count"])
            await prometheus.EventuallyAsync(query);
    }

    /// <summary>Those of the rules without what they are compared with, since nothing is wrong.</summary>
    [PrometheusFact]
    public async Task Every_query_of_dashboards_and_alert_rules_returns_data()
    {
        using var folder = new StreamFolder(payments: 600);
        await File.AppendAllTextAsync(folder.Input, File.ReadLines(folder.Input).Last().Replace(".", ".x", StringComparison.Ordinal) + "\n");
        await using var api = await RunningApi.StartAsync(
            folder, "roles=[simulate, score, alert, store, label, api]", $"simulate.input={folder.Input}", "speeds.speed_1=pause", "batch.wait=20ms");
        await using var prometheus = await PrometheusServer.StartAsync(api.Client.BaseAddress!, Repository.PathOf("deploy/prometheus/alerts.yml"));

        // Counters count from the first scrape on.
        await prometheus.EventuallyAsync("up", value => value.Values.Single() == 1);
        api.Services.GetRequiredService<PipelineRates>().Speed1.Speed = Rate.Of(200);
        await Eventually.TrueAsync(async () => (await api.JsonAsync("/status")).GetProperty("rejected").GetInt64() == 1);
        (await api.PostAsync("/labels", $$"""{"id":"{{folder.IdsOf(TopicNames.Transactions, "trans_num").First()}}","true_value":1,"confirmed_by":"ada"}""")).Status.ShouldBe(202);

        var queries = Directory.GetFiles(Repository.PathOf("deploy/grafana/dashboards")).SelectMany(file => Expressions().Matches(File.ReadAllText(file)))
            .Select(expression => JsonElement.Parse(expression.Groups["json"].Value).GetString()!).ToList();
        queries.Count.ShouldBeGreaterThan(20);
        foreach (var query in queries.Concat(Rules().Matches(Repository.Read("deploy/prometheus/alerts.yml")).Select(rule => Compared().Replace(rule.Groups["expression"].Value, ""))))
        {
            // No limit is set but one, and some queries compare the limits with none.
            await prometheus.EventuallyAsync(query);
        }

        (await prometheus.QueryAsync("ALERTS{alertstate=\"firing\"}")).ShouldBeEmpty();
    }

    /// <summary>A label is a word of the program: no card, id, merchant or path of a request.</summary>
    [Fact]
    public async Task Labels_are_bounded_and_hold_nothing_of_a_payment()
    {
        using var folder = new StreamFolder(payments: 300);
        await using var api = await RunningApi.StartAsync(folder, "roles=[simulate, score, alert, store, api]", $"simulate.input={folder.Input}", "speeds.speed_1=unlimited");
        await Eventually.TrueAsync(async () => (await api.JsonAsync("/status")).GetProperty("stored").GetInt64() == 300);
        for (var i = 0; i < 20; i++)
        {
            await api.Client.GetAsync($"/payments/secret{i}");
            await api.Client.GetAsync($"/nothing{i}");
        }

        var metrics = await api.TextAsync("/metrics");

        var line = File.ReadLines(folder.Input).ElementAt(1).Split(',');
        metrics.ShouldNotContain("secret1");
        metrics.ShouldNotContain("nothing1");
        foreach (var value in line.Where(value => value.Length >= 8))
            metrics.ShouldNotContain(value);
        Series().Count(metrics).ShouldBeInRange(100, 600);
        metrics.ShouldContain("fraudstreams_payment_latency_seconds_bucket{otel_scope_name=\"FraudStreams\",to=\"prediction\",le=\"0.001\"}");
    }

    [GeneratedRegex("\"expr\": (?<json>\".*\")")]
    private static partial Regex Expressions();

    [GeneratedRegex("expr: (?<expression>.+)")]
    private static partial Regex Rules();

    [GeneratedRegex(@" (?:==|>|<) [0-9.]+")]
    private static partial Regex Compared();

    [GeneratedRegex("^[a-z]", RegexOptions.Multiline)]
    private static partial Regex Series();
}

/// <summary>
/// The exporter reads every meter of the process with the program's name: other tests run streams in this process, too, and would be counted in.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MetricsCollection
{
    public const string Name = "metrics";
}
