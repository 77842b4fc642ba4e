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
sealed class ModelsDesk(StreamOptions options, ILoggerFactory loggers, TimeProvider time) : IAsyncDisposable
{
    readonly SemaphoreSlim _turn = new(1);
    readonly LocalModels _local = new(options.Settings.DataDirectory, time);
    IMessageLog? _topics;
    ModelRegistry? _registry;

    /// <summary>How many others must approve before a version goes into service.</summary>
    public int Approvals => options.Settings.Models.Approvals;

    /// <exception cref="RegistryException">The history was changed from outside.</exception>
    /// <exception cref="MessageLogException">It cannot be read now.</exception>
    public Task<ModelsView> ReadAsync() => ChangeAsync(_ => Task.CompletedTask);

    /// <summary>Changes it, and reads it as it is then.</summary>
    /// <exception cref="RegistryException">The registry refuses it; so do <see cref="ModelArtifactException"/> and <see cref="MessageLogException"/>.</exception>
    public async Task<ModelsView> ChangeAsync(Func<ModelService, Task> change)
    {
        await _turn.WaitAsync();
        try
        {
            _topics ??= StreamTopics.OpenRegistry(options.Settings, loggers.CreateLogger("FraudStreams.Dashboard"), time);
            _registry ??= new ModelRegistry(_topics, _local, time);
            await _registry.RefreshAsync(CancellationToken.None);
            var service = new ModelService(_registry, _local, options.Settings.Models, time);
            await change(service);
            var list = service.List();
            return new ModelsView(
                list with { Versions = list.Versions.Sort((a, b) => b.CreatedAt.CompareTo(a.CreatedAt)) }, [.. _registry.State.History.Reverse().Select(HistoryLine.Of)],
                _registry.State.Before.Count > 0 ? _registry.State.Before[0] : null);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_registry is not null)
            await _registry.DisposeAsync();
        if (_topics is not null)
            await _topics.DisposeAsync();
        _turn.Dispose();
    }
}

/// <param name="List">Its versions latest first.</param>
/// <param name="History">Latest first.</param>
/// <param name="Previous">What a roll-back would put into service; null where nothing can be.</param>
sealed record ModelsView(ModelList List, ImmutableArray<HistoryLine> History, string? Previous);
