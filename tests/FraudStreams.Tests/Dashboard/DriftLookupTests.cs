using FraudStreams.Api;
using FraudStreams.Candidates;
using FraudStreams.Dashboard.Drift;
using FraudStreams.Hosting;
using FraudStreams.Messaging;
using FraudStreams.Model.Drift;
using FraudStreams.Pipelines;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Dashboard;

[Trait("Category", "Integration")]
public sealed class DriftLookupTests
{
    [Fact]
    public async Task Drift_is_judged_anew_where_there_is_another_record_or_rule_and_only_there()
    {
        using var folder = new TemporaryFolder();
        var layers = SettingsOf.Layers([$"data={folder}"]);
        var settings = FraudSettings.From(layers.Load());
        var live = new LiveCandidateSettings(settings.Candidates);
        await using var registry = new RegistryAccess(new StreamOptions(settings, TrainedModel.Schema, null, layers), StorePromotionGate.Create(() => null, live, folder), NullLoggerFactory.Instance, TimeProvider.System);
        await DriftedStream.MakeAsync(settings, folder, registry);
        await using var topics = StreamTopics.Open(settings, NullLogger.Instance, TimeProvider.System);
        IMessageLog? running = null;
        using var drift = new DriftLookup(registry, () => running, live);
        (await drift.ReadAsync(default)).Why.ShouldBe("The stream starts.");
        running = topics;

        var first = await drift.ReadAsync(default);
        first.Report!.Alarms.ShouldContain(alarm => alarm.Name == "amt");
        first.Distributions!["amt"].Sum(share => share.Current).ShouldBe(1, 1e-9);
        (await drift.ReadAsync(default)).ShouldBeSameAs(first);

        live.Current = live.Current with { Drift = live.Current.Drift with { Rules = live.Current.Drift.Rules with { MinEffect = 10 } } };
        var other = await drift.ReadAsync(default);
        (other.Rules.MinEffect, other.Report!.Alarms.Length, other.Report.Windows.Length).ShouldBe((10, 0, first.Report.Windows.Length));

        // An hour of the window after the last, and one of a day later: the window is over.
        var reference = (await registry.AskAsync(models => models.DriftReferenceAsync(first.Report.ModelVersion, default), default))!;
        var (hour, counts) = (first.Report.Windows[^1].To.ToUnixTimeSeconds() / 3600, new long[reference.Counters]);
        foreach (var offset in reference.Offsets)
            counts[offset + 1] = first.Rules.MinPayments;
        using var records = new RecordBatch(2);
        foreach (var counted in (long[])[hour, hour + first.Rules.WindowHours])
            records.Add(TopicNames.Drift, [], new DriftHour(first.Report.ModelVersion, counted, counts), static (into, counted) => counted.Write(into));
        await topics.PublishAsync(records, default);
        (await drift.ReadAsync(default)).Report!.Windows.Length.ShouldBe(first.Report.Windows.Length + 1);
    }
}
