using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Candidates;
using FraudStreams.Configuration;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Topics;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Pipelines;

/// <summary>Runs the candidate loop: looks at the gate and for drift, and trains challengers, beside scoring and after it.</summary>
sealed class TrainPipeline : IPipeline
{
    CandidateLoop? _loop;

    public string Name => ConsumerGroups.Train;

    public Role Role => Role.Train;

    public bool EndsByItself => false;

    public IRunnableGraph<Task<Done>> Build(PipelineContext context) => FraudPipeline.Train(context, () => StepAsync(context));

    /// <summary>Nothing is opened where neither the gate nor drift is looked at and no model trained.</summary>
    async Task<Done> StepAsync(PipelineContext context)
    {
        if (!context.Candidates.Current.IsOn)
            return Done.Instance;
        try
        {
            await (_loop ??= Open(context)).StepAsync(context.Stop.Thrown);
        }
        catch (OperationCanceledException) when (context.Stop.Thrown.IsCancellationRequested)
        {
            // The program stops: what was begun is done anew at the next start.
        }

        return Done.Instance;
    }

    static CandidateLoop Open(PipelineContext context)
    {
        var (settings, resources) = (context.Settings, context.Resources);
        var local = new LocalModels(settings.DataDirectory, context.Time);
        var registry = resources.Own(new ModelRegistry(resources.Own(StreamTopics.OpenRegistry(settings, context.Log, context.Time)), local, settings.Models.Probation.Time, context.Time));

        // Months of payments are read in one go: the pipelines that write the store do not wait for that.
        var store = resources.Own(resources.OpenStore());
        var gate = new GateWatch(registry, store, new GateReports(settings.DataDirectory), context.Metrics, context.Log);
        var webhook = settings.Alerts.Webhook is { } given ? resources.Own(new DriftWebhook(given, context.Time)) : null;
        var drift = new DriftWatch(resources.Topics, store, registry, context.Metrics, webhook, context.Time, context.Log);
        var retrainer = new Retrainer(store, registry, local, new LoggedHistory(resources.Topics, settings.Topics.Partitions, local), settings.Model, context.Time, line => context.Log.LogInformation("{Line}", line));
        var lease = new CandidateLease(resources.Own(resources.OpenStore()), CandidateLease.ThisProcess, context.Time);
        return new CandidateLoop(registry, store, gate, drift, retrainer, lease, context.Candidates, context.Time, context.Log);
    }
}
