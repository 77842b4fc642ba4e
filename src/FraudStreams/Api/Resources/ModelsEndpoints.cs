using System.Text.Json;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps.Registry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FraudStreams.Api.Resources;

/// <summary>`/models`: the registry that `fraudstreams models` shows and changes. Hosts that score follow it within a second.</summary>
sealed class ModelsEndpoints(RegistryAccess registry)
{
    public void Map(IEndpointRouteBuilder web)
    {
        web.MapGet("/models", context => ShowAsync(context, models => models.List())).Describe("models", "The versions");
        web.MapGet("/models/history", context => AnswerAsync(context, async models => await models.HistoryAsync(verify: false, CancellationToken.None)))
            .Describe("models", "Who did what to which version, and why");
        web.MapGet("/models/{version}", context => ShowAsync(context, models => models.Show(VersionOf(context))))
            .Describe("models", "A version: what it learnt from, its metrics, its history");
        Change("/models/{version}/promote", "Puts a version into service, or asks for it where others have to approve", [],
            (models, change, version) => models.PromoteAsync(version, change.Actor, change.Why, CancellationToken.None));
        Change("/models/{version}/approve", "Approves a promotion that somebody else asked for", [],
            (models, change, version) => models.ApproveAsync(version, change.Actor, change.Why, CancellationToken.None));
        Change("/models/{version}/threshold", "Changes the score from which a version predicts fraud", ["threshold"], (models, change, version) => models.ChangeThresholdAsync(
            version, change.Number("threshold") ?? throw ChangeRequest.Wrong("threshold", "a number above 0, at most 1"), change.Actor, change.Why, CancellationToken.None));
        Change("/models/{version}/challenge", "Has a version score the champion's payments in its shadow", [],
            (models, change, version) => models.ChallengeAsync(version, change.Actor, change.Why, CancellationToken.None));
        Change("/models/rollback", "Puts the version before the champion into service again", [],
            (models, change, _) => models.RollBackAsync(change.Actor, change.Why, CancellationToken.None));

        void Change(string path, string summary, string[] keys, Func<ModelService, ChangeRequest, string, Task<ModelSummary>> change) => web.MapPost(path, async context =>
        {
            var request = await ChangeRequest.ReadAsync(context.Request, keys);
            await AnswerAsync(context, async models => await change(models, request, context.Request.RouteValues.ContainsKey("version") ? VersionOf(context) : ""));
        }).Describe("models", summary, null, "application/json");
    }

    static string VersionOf(HttpContext context) => (string)context.Request.RouteValues["version"]!;

    Task ShowAsync(HttpContext context, Func<ModelService, object> show) => AnswerAsync(context, models => Task.FromResult(show(models)));

    async Task AnswerAsync(HttpContext context, Func<ModelService, Task<object>> answer)
    {
        object answered;
        try
        {
            answered = await registry.AskAsync(
                models => context.Request.RouteValues.ContainsKey("version") && !models.State.Versions.ContainsKey(VersionOf(context))
                    ? throw new RequestException(StatusCodes.Status404NotFound, "no-model", "No such version", "The registry has no version of this name.")
                    : answer(models),
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

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(JsonSerializer.Serialize(answered, SnakeCaseJson.Options), context.RequestAborted);
    }
}
