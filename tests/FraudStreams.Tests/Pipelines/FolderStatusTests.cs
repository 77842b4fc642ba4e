using System.Collections.Immutable;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Pipelines;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.Messaging.Sqlite;
using FraudStreams.Tests.Storage;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Pipelines;

[Trait("Category", "Unit")]
public sealed class FolderStatusTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_without_topics_has_no_status_and_asking_creates_nothing()
    {
        Read().ShouldBeNull();

        Directory.GetFileSystemEntries(_folder).ShouldBeEmpty();
    }

    [Fact]
    public async Task Counts_appended_records_stored_rows_and_the_lag_of_each_group()
    {
        TrainedModel.PutInService(_folder);
        await using var topics = EmbeddedMessageLog.Open(SettingsOf.Set().Topics.Embedded(_folder), TimeProvider.System, _ => { });
        await topics.PublishAsync(LogOf.Batch(TopicNames.Transactions, Enumerable.Repeat("t", 9)), default);
        await topics.PublishAsync(LogOf.Batch(TopicNames.Predictions, Enumerable.Repeat("p", 5)).With(ConsumerGroups.Score, new(TopicNames.Transactions, 0), 7), default);
        await topics.PublishAsync(LogOf.Batch(TopicNames.Rejected, "r", "r"), default);
        await topics.PublishAsync(LogOf.Batch(TopicNames.Alerts, "a").With(ConsumerGroups.Alert, new(TopicNames.Predictions, 0), 4), default);
        await using (var store = Predictions.Open(_folder))
            await store.WriteAsync(Predictions.Records(Predictions.Json("t1"), Predictions.Json("t2", score: 0.9), Predictions.Json("t3")));

        var status = Read().ShouldNotBeNull();

        (status.Transactions, status.Predictions, status.Rejected).ShouldBe((9, 5, 2));
        (status.Stored, status.PredictedFrauds, status.Alerts).ShouldBe((3, 1, 1));
        status.Lag[ConsumerGroups.Score].ShouldBe(2);
        status.Lag[ConsumerGroups.Alert].ShouldBe(1);
        status.Lag[ConsumerGroups.Store].ShouldBe(5);
        status.ModelVersion.ShouldBe(TrainedModel.Loaded.Version);
    }

    [Fact]
    public async Task Version_and_waiting_alerts_are_named_for_each_host()
    {
        TrainedModel.PutInService(_folder);
        await EmbeddedMessageLog.Open(SettingsOf.Set().Topics.Embedded(_folder), TimeProvider.System, _ => { }).DisposeAsync();
        var beat = new Heartbeat("a", 1, ["score", "store"], TimeProvider.System.GetUtcNow(), null, ImmutableSortedDictionary<string, CheckResult>.Empty, "cards-1");
        var hosts = Directory.CreateDirectory(Path.Combine(_folder, "hosts")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(hosts, "a.1.json"), beat.ToJson());
        await File.WriteAllBytesAsync(Path.Combine(hosts, "b.1.json"), (beat with { Machine = "b", Roles = ["alert"], ModelVersion = null, AlertsWaiting = 7 }).ToJson());

        var status = Read().ShouldNotBeNull();

        status.Hosts.Select(host => $"{host.Machine} {string.Join(',', host.Roles)} {host.ModelVersion} {host.AlertsWaiting}").ShouldBe(["a score,store cards-1 ", "b alert  7"]);
    }

    [Fact]
    public async Task Topics_without_a_store_or_a_model_are_reported_as_they_are()
    {
        await using (var topics = EmbeddedMessageLog.Open(SettingsOf.Set().Topics.Embedded(_folder), TimeProvider.System, _ => { }))
            await topics.PublishAsync(LogOf.Batch(TopicNames.Transactions, "t"), default);

        var status = Read().ShouldNotBeNull();

        (status.Transactions, status.Stored, status.ModelVersion).ShouldBe((1, 0, null));
        status.Lag[ConsumerGroups.Score].ShouldBe(1);
        File.Exists(Path.Combine(_folder, "fraudstreams.db")).ShouldBeFalse();
    }

    FolderStatus? Read() => StreamFolder.StatusOf(_folder);
}
