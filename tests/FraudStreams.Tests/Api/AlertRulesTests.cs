using System.Text.RegularExpressions;
using FraudStreams.Model.Models;
using FraudStreams.RateLimiting;
using FraudStreams.Sqlite;
using FraudStreams.Tests.WholeProgram;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Api;

/// <summary>Each rule of deploy/ fires at a real Prometheus once its fault is made in the host that it scrapes.</summary>
[Collection(MetricsCollection.Name)]
[Trait("Category", "Integration")]
public sealed partial class AlertRulesTests
{
    /// <summary>The first can be read, and are scored as they come.</summary>
    const int Payments = 15_000, Whole = 2_000;

    /// <summary>Of the five that most rules look back on, six scrapes are left.</summary>
    const int MillisecondsOfAMinute = 600;

    /// <summary>The rules' minutes are short here: spans of rates as well as how long a fault has to last.</summary>
    [PrometheusFact]
    public async Task Every_alert_rule_fires_when_its_fault_is_made()
    {
        using var folder = new StreamFolder(Payments, SmallDisk.CanMount ? 400 : null);
        await BreakEveryTenthAsync(folder.Input);
        var rules = folder.File("alerts.yml");
        await File.WriteAllTextAsync(rules, Minutes().Replace(Repository.Read("deploy/prometheus/alerts.yml"), minutes => $"{MillisecondsOfAMinute * int.Parse(minutes.Groups["count"].Value)}ms"));
        var pending = Names().Matches(Repository.Read("deploy/prometheus/alerts.yml")).Select(rule => rule.Groups["name"].Value).ToHashSet();
        pending.Count.ShouldBe(9);
        var scorer = new BreakableScorer(TrainedModel.Loaded.Scorer);
        await using var api = await RunningApi.StartAsync(
            folder, new ScoringModel(TrainedModel.Loaded.Card, scorer), "roles=[simulate, score, alert, store, api]", $"simulate.input={folder.Input}", "speeds.speed_1=200/s",
            "batch.wait=20ms", "restart.min-backoff=50ms", "restart.max-backoff=200ms", "stop.drain-timeout=200ms", "alerts.mail.host=127.0.0.1", $"alerts.mail.port={SmtpServer.FreePort()}");
        await using var prometheus = await PrometheusServer.StartAsync(api.Client.BaseAddress!, rules);

        // Nobody takes mails from the start on, and the disk is small. Else all is well for longer than the rules look back.
        await FiresAsync("AlertsUnsent");
        if (SmallDisk.CanMount)
            await FiresAsync("DiskNearlyFull");
        else
            pending.Remove("DiskNearlyFull");
        await prometheus.EventuallyAsync("sum(fraudstreams_predictions_total)", value => value[""] > Whole * 0.4);
        await NoneOfTheOthersFiresAsync();

        // A tenth cannot be read, and then scoring is slower than the producer.
        var rates = api.Services.GetRequiredService<PipelineRates>();
        rates.Speed1.Speed = Rate.Of(600);
        await FiresAsync("RejectedShare");
        rates.Speed2.Speed = Rate.Of(100);
        await FiresAsync("Slow");
        await FiresAsync("LagGrows");
        await NoneOfTheOthersFiresAsync();

        using (var store = SqliteFile.Open(folder.StoreFile, SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5)))
            store.Execute("DROP TABLE transactions");
        await FiresAsync("PipelineFails");

        scorer.IsBroken = true;
        await FiresAsync("ModelFails");
        await FiresAsync("NoPayments");
        await api.DisposeAsync();
        await FiresAsync("FraudStreamsDown");

        pending.ShouldBeEmpty();

        // With minutes of 0.6 seconds a host that is held up by the machine for one does not answer, and is slow: that is over then.
        Task NoneOfTheOthersFiresAsync() => Eventually.TrueAsync(
            async () => !(await prometheus.QueryAsync("sum by (alertname) (ALERTS{alertstate=\"firing\"})")).Keys.Any(pending.Contains), "the other rules to be silent", everyMilliseconds: 100);

        async Task FiresAsync(string rule)
        {
            await prometheus.EventuallyAsync($"ALERTS{{alertname=\"{rule}\", alertstate=\"firing\"}}");
            pending.Remove(rule).ShouldBeTrue();
        }
    }

    static async Task BreakEveryTenthAsync(string csv)
    {
        var lines = await File.ReadAllLinesAsync(csv);
        for (var line = Whole; line < lines.Length; line += 10)
            lines[line] = lines[line].Replace(".", ".x", StringComparison.Ordinal);
        await File.WriteAllLinesAsync(csv, lines);
    }

    sealed class BreakableScorer(IScorer scorer) : IScorer
    {
        public volatile bool IsBroken;

        public int FeatureCount => scorer.FeatureCount;

        public void Score(ReadOnlySpan<double> features, Span<double> scores)
        {
            if (IsBroken)
                throw new InvalidOperationException("the scorer is broken");
            scorer.Score(features, scores);
        }
    }

    [GeneratedRegex(@"\b(?<count>\d+)m\b")]
    private static partial Regex Minutes();

    [GeneratedRegex(@"- alert: (?<name>\w+)")]
    private static partial Regex Names();
}
