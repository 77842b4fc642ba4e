using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Drift;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps;
using FraudStreams.Scoring;
using FraudStreams.Tests.Diagnostics;
using FraudStreams.Tests.Messaging.Sqlite;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Scoring;

[Trait("Category", "Unit")]
public sealed class DriftRecorderTests : IAsyncDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly ManualTime _time = new();
    readonly CollectedLog _log = new();
    readonly LocalModels _local;
    readonly EmbeddedMessageLog _topics;
    readonly DriftRecorder _recorder;
    bool _isOn = true;

    public DriftRecorderTests()
    {
        _local = new LocalModels(_folder, _time);
        _topics = EmbeddedMessageLog.Open(LogOf.Settings(_folder, 1, TopicNames.Drift), TimeProvider.System, _ => { });
        _recorder = Recorder(_topics);
    }

    public async ValueTask DisposeAsync()
    {
        await _topics.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task An_hour_is_published_once_it_is_over_and_the_rest_at_the_end()
    {
        var model = TrainedModel.Train(_local);
        Count(model, 2_000);
        Published().ShouldBeEmpty("not so soon");

        _time.Advance(TimeSpan.FromSeconds(11));
        Count(model, 1);
        await Eventually.TrueAsync(() => Published().Count > 3, everyMilliseconds: 20);
        await _recorder.PublishRestAsync(TimeSpan.FromMinutes(1));

        var hours = Published();
        hours.ShouldAllBe(hour => hour.Version == model.Version);
        hours.Select(hour => hour.Hour).ShouldBeUnique();
        Payments(model, hours).ShouldBe(2_001);
        await _recorder.PublishRestAsync(TimeSpan.FromMinutes(1));
        Published().Count.ShouldBe(hours.Count);
    }

    [Fact]
    public async Task A_version_without_a_reference_is_not_counted_nor_one_whose_reference_is_damaged()
    {
        ModelArtifact.Write(Directory.CreateDirectory(_local.Directory).FullName, TrainedModel.Loaded);
        Count(TrainedModel.Loaded, 100);
        _log.Lines.ShouldHaveSingleItem().ShouldContain("has no drift reference");
        File.Delete(Path.Combine(_local.FolderOf(TrainedModel.Loaded.Version), "SHA256SUMS"));
        var recorder = Recorder(_topics);
        for (var batch = 0; batch < 2; batch++)
            Count(TrainedModel.Loaded, 100, recorder);

        _log.Warnings.ShouldHaveSingleItem().ShouldContain("are not watched for drift: ");
        await _recorder.PublishRestAsync(TimeSpan.FromMinutes(1));
        Published().ShouldBeEmpty();
    }

    [Fact]
    public async Task Counts_that_cannot_be_published_are_said_once_and_kept()
    {
        var model = TrainedModel.Train(_local);
        await using var closed = EmbeddedMessageLog.Open(LogOf.Settings(Directory.CreateDirectory(Path.Combine(_folder, "other")).FullName, 1, TopicNames.Predictions), TimeProvider.System, _ => { });
        var recorder = Recorder(closed);
        Count(model, 100, recorder);
        await recorder.PublishRestAsync(TimeSpan.FromMinutes(1));
        await recorder.PublishRestAsync(TimeSpan.FromMinutes(1));

        _log.Warnings.ShouldHaveSingleItem().ShouldStartWith("Counts for drift cannot be published, and are kept until they can; scoring goes on: ");
        recorder.Sample(model, 0, []).ShouldNotBeNull().Counter.Hours.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task The_setting_is_followed_while_the_stream_runs()
    {
        var model = TrainedModel.Train(_local);
        _isOn = false;
        Count(model, 100);
        await _recorder.PublishRestAsync(TimeSpan.FromMinutes(1));
        Published().ShouldBeEmpty();

        _isOn = true;
        Count(model, 100);
        await _recorder.PublishRestAsync(TimeSpan.FromMinutes(1));

        Payments(model, Published()).ShouldBe(100);
    }

    DriftRecorder Recorder(EmbeddedMessageLog topics) => new(_local, topics, () => _isOn, _time, _log);

    void Count(ScoringModel model, int payments, DriftRecorder? recorder = null)
    {
        recorder ??= _recorder;
        using var rows = Scoring.Payments.Rows(payments);
        var (scores, features) = (new double[payments], new double[payments * model.Features.Count]);
        model.Score(rows, scores, features);
        recorder.Count(rows, new BatchScored(scores, model.Version, model.Threshold) { Drift = recorder.Sample(model, payments, features) });
    }

    long Payments(ScoringModel model, List<DriftHour> hours)
    {
        var reference = DriftReferenceFile.Load(_local.FolderOf(model.Version)).ShouldNotBeNull();
        return hours.Sum(hour => hour.Counts[reference.Offsets[^1]..].Sum());
    }

    List<DriftHour> Published() => [.. EmbeddedLog.ReadRecords(_folder, TopicNames.Drift).Select(record => DriftRecord.Read(record.Value).Hour.ShouldNotBeNull())];
}
