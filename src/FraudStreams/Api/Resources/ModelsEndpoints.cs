using System.Text.Json;
using FraudStreams.Diagnostics;
using FraudStreams.Hosting;
using FraudStreams.Messaging;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Pipelines;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Api.Resources;

/// <summary>`/models`: the registry that `fraudstreams models` shows and changes. Hosts that score follow it within a second.</summary>
sealed class ModelsEndpoints(StreamOptions options, ILogger log, TimeProvider time) : IAsyncDisposable
{
    readonly SemaphoreSlim _turn = new(1);
    IMessageLog? _topics;
    ModelRegistry? _registry;

    public void Map(IEndpointRouteBuilder web)
    {
        web.MapGet("/models", context => AnswerAsync(context, registry => new
        {
            registry.State.Champion, Versions = registry.State.Versions.Values.Select(version => RegistryView.Summary(registry.State, version)).ToArray(),
        })).Describe("models", "The versions");
        web.MapGet("/models/history", context => AnswerAsync(context, registry => new
        {
            Entries = registry.State.History.Select(RegistryView.Line).ToArray(), registry.State.Head,
        })).Describe("models", "Who did what to which version, and why");
        web.MapGet("/models/{version}", context => AnswerAsync(context, registry => Show(registry, VersionOf(context))))
            .Describe("models", "A version: what it learnt from, its metrics, its history");
        Change("/models/{version}/promote", "Puts a version into service, or asks for it where others have to approve", [], async (registry, change, version) =>
        {
            await CheckAsync(registry, version);
            await registry.PromoteAsync(version, change.Actor, change.Why, options.Settings.Models.Approvals, CancellationToken.None);
            return version;
        });
        Change("/models/{version}/approve", "Approves a promotion that somebody else asked for", [], async (registry, change, version) =>
        {
            await registry.ApproveAsync(version, change.Actor, change.Why, CancellationToken.None);
            return version;
        });
        Change("/models/{version}/threshold", "Changes the score from which a version predicts fraud", ["threshold"], async (registry, change, version) =>
        {
            await registry.ChangeThresholdAsync(
                version, change.Number("threshold") ?? throw ChangeRequest.Wrong("threshold", "a number above 0, at most 1"), change.Actor, change.Why, CancellationToken.None);
            return version;
        });
        Change("/models/rollback", "Puts the version before the champion into service again", [], (registry, change, _) =>
            registry.RollBackAsync(change.Actor, change.Why, CancellationToken.None));

        void Change(string path, string summary, string[] keys, Func<ModelRegistry, ChangeRequest, string, Task<string>> change) => web.MapPost(path, async context =>
        {
            var request = await ChangeRequest.ReadAsync(context.Request, keys);
            await AnswerAsync(context, async registry =>
            {
                var version = await change(registry, request, context.Request.RouteValues.ContainsKey("version") ? VersionOf(context) : "");
                return RegistryView.Summary(registry.State, registry[version]);
            });
        }).Describe("models", summary, null, "application/json");
    }

    public async ValueTask DisposeAsync()
    {
        if (_registry is not null)
            await _registry.DisposeAsync();
        if (_topics is not null)
            await _topics.DisposeAsync();
    }

    static string VersionOf(HttpContext context) => (string)context.Request.RouteValues["version"]!;

    static object Show(ModelRegistry registry, string version) => new
    {
        Summary = RegistryView.Summary(registry.State, registry[version]), registry[version].Model.Metrics,
        History = registry.State.History.Where(entry => entry.Version == version).Select(RegistryView.Line).ToArray(),
    };

    Task AnswerAsync(HttpContext context, Func<ModelRegistry, object> answer) => AnswerAsync(context, registry => Task.FromResult(answer(registry)));

    async Task AnswerAsync(HttpContext context, Func<ModelRegistry, Task<object>> answer)
    {
        await _turn.WaitAsync(context.RequestAborted);
        object answered;
        try
        {
            _topics ??= StreamTopics.OpenRegistry(options.Settings, log, time);
            _registry ??= new ModelRegistry(_topics, new LocalModels(options.Settings.DataDirectory, time), time);
            await _registry.RefreshAsync(CancellationToken.None);
            if (context.Request.RouteValues.ContainsKey("version") && !_registry.State.Versions.ContainsKey(VersionOf(context)))
                throw new RequestException(StatusCodes.Status404NotFound, "no-model", "No such version", "The registry has no version of this name.");
            answered = await answer(_registry);
        }
        catch (RegistryException e)
        {
            throw new RequestException(StatusCodes.Status409Conflict, "registry", "The registry refuses it", e.Message);
        }
        catch (ModelArtifactException e)
        {
            throw new RequestException(StatusCodes.Status409Conflict, "registry", "The version cannot be used", e.Message);
        }
        catch (MessageLogException e)
        {
            throw new RequestException(StatusCodes.Status503ServiceUnavailable, "unavailable", "The registry cannot be read now", e.Message);
        }
        finally
        {
            _turn.Release();
        }

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(JsonSerializer.Serialize(answered, SnakeCaseJson.Options), context.RequestAborted);
    }

    /// <summary>A version that this program cannot use goes into service nowhere, nor does one of other payments.</summary>
    async Task CheckAsync(ModelRegistry registry, string version)
    {
        var model = await registry.LoadAsync(version, CancellationToken.None);
        if (model.Schema != options.Schema)
            throw new RegistryException($"it scores payments of schema {model.Schema.Name}, and this stream's are of {options.Schema.Name}");
    }
}
