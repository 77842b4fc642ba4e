using System.Text.Json;
using System.Text.Json.Serialization;
using FraudStreams.Diagnostics;
using FraudStreams.Hosting;
using FraudStreams.Messaging;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps.Registry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FraudStreams.Api.Resources;

/// <summary>
/// `/models`: the registry that `fraudstreams models` shows and changes. Hosts that score follow it within a second. `/get_model_ver`, `/switch_model_ver`,
/// `/reload` and `/report` are what small scoring services call the same.
/// </summary>
sealed class ModelsEndpoints(RegistryAccess registry, StreamService stream, TimeProvider time)
{
    /// <summary>A host that scores follows the registry within a second; one that has not by then cannot load the version.</summary>
    static readonly TimeSpan s_longestReload = TimeSpan.FromSeconds(10);

    static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);

    public void Map(IEndpointRouteBuilder web)
    {
        web.MapGet("/models", context => ShowAsync(context, models => models.List())).Describe("models", "The versions");
        web.MapGet("/models/history", context => AnswerAsync(context, async models => await models.HistoryAsync(verify: false, CancellationToken.None)))
            .Describe("models", "Who did what to which version, and why");
        web.MapGet("/models/{version}", context => ShowAsync(context, models => models.Show(VersionOf(context)!)))
            .Describe("models", "A version: what it learnt from, its metrics, its history");
        Change("/models/{version}/promote", "Puts a version into service, or asks for it where others have to approve", [],
            (models, change, version) => models.PromoteAsync(version, change.Actor, change.Why, CancellationToken.None));
        Change("/models/{version}/approve", "Approves a promotion that somebody else asked for", [],
            (models, change, version) => models.ApproveAsync(version, change.Actor, change.Why, CancellationToken.None));
        Change("/models/{version}/threshold", "Changes the score from which a version predicts fraud", ["threshold"], (models, change, version) => models.ChangeThresholdAsync(
            version, change.Number("threshold") ?? throw ChangeRequest.Wrong("threshold", "a number above 0, at most 1"), change.Actor, change.Why, CancellationToken.None));
        Change("/models/{version}/challenge", "Has a version score the champion's payments in its shadow", [],
            (models, change, version) => models.ChallengeAsync(version, change.Actor, change.Why, CancellationToken.None));
        Change("/models/rollback", "Puts the version before the champion into service again; 409 where `to` names another", ["to"],
            (models, change, _) => models.RollBackAsync(change.Actor, change.Why, CancellationToken.None, change.Text("to")));

        web.MapGet("/get_model_ver", context => ShowAsync(context, models => new ModelVersion(ScoringVersion ?? Champion(models))))
            .Describe("models", "The version that scores here");
        Change("/switch_model_ver", "As /models/{version}/promote", ["version"], (models, change, version) => models.PromoteAsync(version, change.Actor, change.Why, CancellationToken.None));
        web.MapPost("/reload", ReloadAsync).Describe("models", "Answers once this process scores with the version in service");
        web.MapGet("/report", context => ShowAsync(context, models => models.Show(Champion(models)))).Describe("models", "As /models/{version} of the version in service");

        void Change(string path, string summary, string[] keys, Func<ModelService, ChangeRequest, string, Task<ModelSummary>> change) => web.MapPost(path, async context =>
        {
            var request = await ChangeRequest.ReadAsync(context.Request, keys);
            var version = VersionOf(context) ?? (keys.Contains("version") ? request.Text("version") ?? throw ChangeRequest.Wrong("version", "the name of a version") : null);
            await AnswerAsync(context, async models => await change(models, request, version ?? ""), version);
        }).Describe("models", summary, null, "application/json");
    }

    sealed record ModelVersion([property: JsonPropertyName("model_version")] string Version);

    /// <summary>Null where this process does not score.</summary>
    string? ScoringVersion => stream.Scorer?.ModelVersion;

    static string? VersionOf(HttpContext context) => context.Request.RouteValues["version"] as string;

    /// <exception cref="RequestException">No version is in service.</exception>
    static string Champion(ModelService models) =>
        models.State.Champion ?? throw new RequestException(StatusCodes.Status404NotFound, "no-model", "No version in service", "The registry has no version in service.");

    /// <summary>There is nothing to load by hand: a host follows the registry. Who has just promoted a version may wait here until it scores.</summary>
    async Task ReloadAsync(HttpContext context)
    {
        if (ScoringVersion is null)
            throw new RequestException(StatusCodes.Status503ServiceUnavailable, "unavailable", "Nothing is scored here now", "This process does not score, or not yet: ask one with the role score.");
        var (began, champion) = (time.GetTimestamp(), await AskAsync(context, models => Task.FromResult(models.State.Champion)) ?? ScoringVersion);
        while (ScoringVersion != champion)
        {
            if (time.GetElapsedTime(began) > s_longestReload)
                throw new RequestException(StatusCodes.Status503ServiceUnavailable, "not-loaded", "The version is not loaded", $"{champion} is in service and {ScoringVersion} still scores here: the log says why.");
            await Task.Delay(s_look, time, context.RequestAborted);
        }

        await WriteAsync(context, new ModelVersion(champion!));
    }

    Task ShowAsync(HttpContext context, Func<ModelService, object> show) => AnswerAsync(context, models => Task.FromResult(show(models)), VersionOf(context));

    /// <param name="version">One that must be there; null: none is asked for.</param>
    async Task AnswerAsync(HttpContext context, Func<ModelService, Task<object>> answer, string? version = null) => await WriteAsync(context, await AskAsync(context, answer, version));

    async Task<T> AskAsync<T>(HttpContext context, Func<ModelService, Task<T>> ask, string? version = null)
    {
        try
        {
            return await registry.AskAsync(
                models => version is not null && !models.State.Versions.ContainsKey(version)
                    ? throw new RequestException(StatusCodes.Status404NotFound, "no-model", "No such version", "The registry has no version of this name.")
                    : ask(models),
                context.RequestAborted);
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
    }

    static Task WriteAsync(HttpContext context, object answer)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(JsonSerializer.Serialize(answer, SnakeCaseJson.Options), context.RequestAborted);
    }
}
