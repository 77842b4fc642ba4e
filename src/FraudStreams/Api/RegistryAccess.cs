using FraudStreams.Hosting;
using FraudStreams.Messaging;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Pipelines;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Api;

/// <summary>
/// The model registry for those who ask over HTTP, people at the page included: the one of `fraudstreams models`. Opened when somebody first asks; they take
/// turns. Hosts that score follow a change within a second.
/// </summary>
sealed class RegistryAccess(StreamOptions options, IPromotionGate gate, ILoggerFactory loggers, TimeProvider time) : IAsyncDisposable
{
    readonly SemaphoreSlim _turn = new(1);
    readonly LocalModels _local = new(options.Settings.DataDirectory, time);
    IMessageLog? _topics;
    ModelRegistry? _registry;

    /// <summary>Asks the registry, as it is now, or changes it.</summary>
    /// <exception cref="RegistryException">It refuses; so do <see cref="Model.Models.ModelArtifactException"/> of a version, and <see cref="MessageLogException"/> of its topic.</exception>
    public async Task<T> AskAsync<T>(Func<ModelService, Task<T>> ask, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var settings = options.Settings;
            _topics ??= StreamTopics.OpenRegistry(settings, loggers.CreateLogger("FraudStreams.Api"), time);
            _registry ??= new ModelRegistry(_topics, _local, settings.Models.Probation.Time, time);
            await _registry.RefreshAsync(CancellationToken.None);
            return await ask(new ModelService(_registry, _local, gate, settings.Models, time));
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
