using Akka.Actor;
using FraudStreams.Alerting;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Messaging;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.Scoring;
using FraudStreams.Storage;

namespace FraudStreams.Pipelines;

/// <summary>What the pipelines of a process share, opened when the first of them needs it and closed, last opened first, after all of them.</summary>
/// <param name="Model">The version to start with; null where this process does not score.</param>
sealed record StreamResources(
    ActorSystem System, IMessageLog Topics, TransactionSchema Schema, ScoringModel? Model, PendingAlerts PendingAlerts, DeliveredAlerts DeliveredAlerts, Func<PredictionStore> OpenStore)
    : IAsyncDisposable
{
    /// <summary>Those who wait for the prediction of a payment.</summary>
    public AwaitedPredictions Awaited { get; } = new();

    /// <summary>The scorer of this process; null where it does not score.</summary>
    public LiveScorer? Scorer { get; set; }

    readonly Stack<object> _owned = new();
    PredictionStore? _store;

    public PredictionStore Store => _store ??= Own(OpenStore());

    /// <summary>Closes it with the others.</summary>
    public T Own<T>(T resource)
    {
        if (resource is null)
            return resource;
        lock (_owned)
            _owned.Push(resource);
        return resource;
    }

    public async ValueTask DisposeAsync()
    {
        while (_owned.TryPop(out var resource))
        {
            if (resource is IAsyncDisposable closes)
                await closes.DisposeAsync();
            else
                ((IDisposable)resource).Dispose();
        }
    }
}
