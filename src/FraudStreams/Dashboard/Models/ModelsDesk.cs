using System.Collections.Immutable;
using FraudStreams.Hosting;
using FraudStreams.Messaging;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Pipelines;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Dashboard.Models;

/// <summary>The model registry as the page shows and changes it: the one of `fraudstreams models` and of the API. Hosts that score follow it within a second.</summary>
public sealed class ModelsDesk(StreamOptions options, ILoggerFactory loggers, TimeProvider time) : IAsyncDisposable
{
    readonly SemaphoreSlim _turn = new(1);
    IMessageLog? _topics;
    ModelRegistry? _registry;

    /// <summary>How many others must approve before a version goes into service.</summary>
    public int Approvals => options.Settings.Models.Approvals;

    /// <exception cref="RegistryException">The history was changed from outside.</exception>
    /// <exception cref="MessageLogException">It cannot be read now.</exception>
    public Task<ModelsView> ReadAsync() => InTurnAsync(_ => Task.CompletedTask);

    /// <exception cref="RegistryException">The registry refuses it; so do <see cref="ModelArtifactException"/> and <see cref="MessageLogException"/>.</exception>
    public Task<ModelsView> PromoteAsync(string version, string actor, string why) => InTurnAsync(async registry =>
    {
        var model = await registry.LoadAsync(version, CancellationToken.None);
        if (model.Schema != options.Schema)
            throw new RegistryException($"it scores payments of schema {model.Schema.Name}, and this stream's are of {options.Schema.Name}");
        await registry.PromoteAsync(version, actor, why, Approvals, CancellationToken.None);
    });

    public Task<ModelsView> ApproveAsync(string version, string actor, string why) => InTurnAsync(registry => registry.ApproveAsync(version, actor, why, CancellationToken.None));

    public Task<ModelsView> RollBackAsync(string actor, string why) => InTurnAsync(registry => registry.RollBackAsync(actor, why, CancellationToken.None));

    public Task<ModelsView> ChangeThresholdAsync(string version, double threshold, string actor, string why) =>
        InTurnAsync(registry => registry.ChangeThresholdAsync(version, threshold, actor, why, CancellationToken.None));

    public async ValueTask DisposeAsync()
    {
        if (_registry is not null)
            await _registry.DisposeAsync();
        if (_topics is not null)
            await _topics.DisposeAsync();
        _turn.Dispose();
    }

    async Task<ModelsView> InTurnAsync(Func<ModelRegistry, Task> work)
    {
        await _turn.WaitAsync();
        try
        {
            _topics ??= StreamTopics.OpenRegistry(options.Settings, loggers.CreateLogger("FraudStreams.Dashboard"), time);
            _registry ??= new ModelRegistry(_topics, new LocalModels(options.Settings.DataDirectory, time), time);
            await _registry.RefreshAsync(CancellationToken.None);
            await work(_registry);
            var state = _registry.State;
            return new ModelsView(
                state.Champion, state.Before.Count > 0 ? state.Before[0] : null, [.. state.Versions.Values.OrderByDescending(version => version.Model.CreatedAt)], [.. state.History.Reverse()],
                state.Requests.ToImmutableDictionary(request => request.Key, request => request.Value));
        }
        finally
        {
            _turn.Release();
        }
    }
}

/// <param name="Previous">What a roll-back would put into service; null where nothing can be.</param>
/// <param name="History">Latest first.</param>
/// <param name="Requests">Promotions that wait for approvals, by version.</param>
public sealed record ModelsView(
    string? Champion, string? Previous, ImmutableArray<RegisteredVersion> Versions, ImmutableArray<RegistryEvent> History, ImmutableDictionary<string, PromotionRequest> Requests);
