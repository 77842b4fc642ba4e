using FraudStreams.Messaging;
using FraudStreams.Model.Drift;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps;
using FraudStreams.Scoring;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Scoring;

[Trait("Category", "Unit")]
public sealed class DriftRecorderTests : IDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly ManualTime _time = new();
    readonly LocalModels _local;
    readonly DriftRecorder _recorder;

    public DriftRecorderTests()
    {
        _local = new LocalModels(_folder, _time);
        _recorder = new DriftRecorder(_local, _time, NullLogger.Instance);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_hour_is_given_once_it_is_over_and_the_rest_at_the_end()
    {
        var model = TrainedModel.Train(_local);
        Count(model, 2_000);

        Given().ShouldBeEmpty("not so soon");
        _time.Advance(TimeSpan.FromSeconds(11));
        var over = Given();
        var rest = Given(all: true);

        over.Count.ShouldBeGreaterThan(3);
        over.ShouldAllBe(hour => hour.Version == model.Version);
        rest.ShouldHaveSingleItem().Hour.ShouldBe(over.Max(hour => hour.Hour) + 1);
        Given(all: true).ShouldBeEmpty();
        var reference = DriftReferenceFile.Load(_local.FolderOf(model.Version)).ShouldNotBeNull();
        over.Concat(rest).Sum(hour => hour.Counts[reference.Offsets[^1]..].Sum()).ShouldBe(2_000);
    }

    [Fact]
    public void A_version_without_a_reference_is_not_counted()
    {
        ModelArtifact.Write(Directory.CreateDirectory(_local.Directory).FullName, TrainedModel.Loaded);
        Count(TrainedModel.Loaded, 100);

        Given(all: true).ShouldBeEmpty();
    }

    void Count(ScoringModel model, int payments)
    {
        using var rows = Payments.Rows(payments);
        var (scores, features) = (new double[payments], new double[payments * model.Features.Count]);
        model.Score(rows, scores, features);
        _recorder.Count(model, rows, scores, features);
    }

    List<DriftHour> Given(bool all = false)
    {
        using var records = new RecordBatch(1);
        _recorder.GiveTo(records, all);
        return [.. Enumerable.Range(0, records.Count).Select(record =>
        {
            records.Topic(record).ShouldBe(TopicNames.Drift);
            return DriftRecord.Read(records.Value(record).ToArray()).Hour.ShouldNotBeNull();
        })];
    }
}
