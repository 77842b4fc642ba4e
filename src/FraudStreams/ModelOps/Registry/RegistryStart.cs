using FraudStreams.Configuration;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;

namespace FraudStreams.ModelOps.Registry;

/// <summary>Which version a host starts with.</summary>
static class RegistryStart
{
    /// <summary>
    /// The champion of the shared registry. What this host put into service by itself since, such as a version trained while the topics were away, and what
    /// it has where the registry is empty, is written there first.
    /// </summary>
    /// <param name="first">The version of the local folder, or a first one that is trained for it.</param>
    public static async Task<ScoringModel> ModelAsync(
        ModelRegistry registry, LocalModels local, TransactionSchema schema, Func<ScoringModel> first, Action<string> warn, CancellationToken cancellationToken)
    {
        await registry.RefreshAsync(cancellationToken);
        if (registry.State.Champion is null || IsNewer(local.OwnPromotion, registry.State))
        {
            var model = first();
            await AdoptAsync(registry, local, model, cancellationToken);
            if (registry.State.Champion == model.Version)
                return model;
        }

        while (true)
        {
            var champion = registry.State.Champion!;
            try
            {
                var model = await registry.LoadAsync(champion, cancellationToken, warn);
                if (model.Schema != schema)
                    throw new SettingsException(
                        $"model {champion} was trained with another schema {model.Schema.Name} than this one: `fraudstreams train --input CSV` trains one that fits, or name its schema's file with --schema");
                local.Follow(registry.State);
                return model;
            }
            catch (ModelArtifactException e)
            {
                await registry.FailAsync(champion, $"{ModelRegistry.Program} cannot use it: {e.Message}", cancellationToken);
                if (registry.State.Champion == champion)
                    throw;
                warn($"Model {champion} cannot be used ({e.Message}); {registry.State.Champion}, the last good version, takes its place");
            }
        }
    }

    /// <summary>Writes a version of the local folder to the registry and puts it into service, unless another host was faster.</summary>
    static async Task AdoptAsync(ModelRegistry registry, LocalModels local, ScoringModel model, CancellationToken cancellationToken)
    {
        var why = ModelRegistry.OneLine(local.OwnPromotion is { } own && own.Version == model.Version ? own.Why : "in service in this host's folder");
        var known = registry.State.Champion;
        await registry.RegisterAsync(model.Card, ModelRegistry.Program, why, cancellationToken);
        if (registry.State.Champion == known)
            await registry.PromoteAsync(model.Version, ModelRegistry.Program, why, approvals: 0, cancellationToken);
        if (registry.State.Champion == model.Version)
            local.Follow(registry.State);
    }

    static bool IsNewer((string Version, string Why, DateTimeOffset Since)? own, RegistryState state) =>
        own is { } promotion && promotion.Version != state.Champion && promotion.Since > state.InService!.At;
}
