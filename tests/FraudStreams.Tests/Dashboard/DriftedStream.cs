using System.Buffers;
using FraudStreams.Api;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Model.Drift;
using FraudStreams.ModelOps;
using FraudStreams.Pipelines;
using FraudStreams.Simulation.Generation;
using FraudStreams.Tests.Candidates;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using Microsoft.Extensions.Logging.Abstractions;

namespace FraudStreams.Tests.Dashboard;

/// <summary>Payments whose amounts double one day, and a version that learnt from those before.</summary>
static class DriftedStream
{
    const int PerDay = 300;
    const int LearntDays = 30;
    const int QuietDays = 7;
    const int DriftedDays = 7;

    static GeneratorSettings Generator { get; } = new() { Seed = 7, FraudShare = TrainedModel.FraudShare, PaymentsPerDay = PerDay };

    /// <summary>Puts the version into service, and publishes what was counted of the payments after those that it learnt from.</summary>
    public static async Task MakeAsync(FraudSettings settings, string folder, RegistryAccess registry)
    {
        var local = new LocalModels(folder, TimeProvider.System);
        var (model, counted) = WorkProgress.Run(progress =>
        {
            var (trained, why) = new Trainer(TrainedModel.Settings(), local, progress, TimeProvider.System).Train(new GeneratedHistory(Generator, LearntDays * PerDay, TrainedModel.Schema), default);
            var model = trained ?? throw new InvalidOperationException(why);
            var later = new SimulatedHistory(TrainedModel.Schema, Later());
            return (model, DriftReplay.Count(model, DriftReferenceFile.Load(local.FolderOf(model.Version))!, later, settings.Candidates.Drift.Rules.WindowHours, progress, default));
        });
        await registry.AskAsync(
            async models =>
            {
                await models.ImportAsync(local.FolderOf(model.Version), "a test", why: null, default);
                return await models.PromoteAsync(model.Version, "a test", "to be watched", default);
            },
            default);
        await using var topics = StreamTopics.Open(settings, NullLogger.Instance, TimeProvider.System);
        using var records = new RecordBatch(counted.Hours.Count);
        foreach (var (hour, counts) in counted.Hours)
            records.Add(TopicNames.Drift, [], new DriftHour(model.Version, hour, counts), static (into, hour) => hour.Write(into));
        foreach (var ((hour, hours), truth) in counted.Truths)
            records.Add(TopicNames.Drift, [], new DriftTruth(model.Version, hour, hours, truth), static (into, truth) => truth.Write(into));
        await topics.PublishAsync(records, default);
    }

    static List<SimulatedPayment> Later()
    {
        var generator = new PaymentGenerator(Generator);
        var writer = new PaymentWriter(generator);
        var later = new List<SimulatedPayment>();
        for (var number = LearntDays * PerDay; number < (LearntDays + QuietDays + DriftedDays) * PerDay; number++)
        {
            var payment = generator.At(number);
            if (number >= (LearntDays + QuietDays) * PerDay)
                payment = payment with { Cents = 2 * payment.Cents };
            var json = new ArrayBufferWriter<byte>(512);
            writer.WriteJson(payment, json);
            later.Add(new SimulatedPayment(DateTimeOffset.FromUnixTimeSeconds(payment.UnixSeconds), payment.IsFraud, json.WrittenSpan.ToArray()));
        }

        return later;
    }
}
