using FraudStreams.Access;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Routing;

namespace FraudStreams.Api.Security;

/// <summary>
/// The least role that each route of the API and the page needs; null: nobody has to say who it is. A route that is not here stops the web server from
/// being made, so that none is forgotten. A query that needs more than its route has a line of its own, which the endpoint asks for.
/// </summary>
static class AccessTable
{
    static readonly Dictionary<string, AccessRole?> s_routes = new(StringComparer.Ordinal)
    {
        // Probes: a word and a status, no reasons.
        ["GET /livez"] = null,
        ["GET /healthz/live"] = null,
        ["GET /readyz"] = null,
        ["GET /healthz"] = null,
        ["GET /healthz/ready"] = null,
        ["GET /readyz?verbose"] = AccessRole.Viewer,
        ["GET /version"] = null,
        ["GET /ping"] = null,
        ["GET /health"] = null,
        ["GET /v2/health/live"] = null,
        ["GET /v2/health/ready"] = null,

        // What-if records nothing; what is recorded is scored, stored and alerted.
        ["POST /predict"] = AccessRole.Viewer,
        ["POST /predict?mode=record"] = AccessRole.Analyst,
        ["POST /invocations"] = AccessRole.Viewer,
        ["GET /v2"] = AccessRole.Viewer,
        ["GET /v2/models/{model}"] = AccessRole.Viewer,
        ["GET /v2/models/{model}/ready"] = AccessRole.Viewer,
        ["POST /v2/models/{model}/infer"] = AccessRole.Viewer,
        ["GET /v2/models/{model}/versions/{version}"] = AccessRole.Viewer,
        ["GET /v2/models/{model}/versions/{version}/ready"] = AccessRole.Viewer,
        ["POST /v2/models/{model}/versions/{version}/infer"] = AccessRole.Viewer,

        ["GET /status"] = AccessRole.Viewer,
        ["* /metrics"] = AccessRole.Viewer,
        ["GET /events"] = AccessRole.Viewer,
        ["GET /payments"] = AccessRole.Viewer,
        ["GET /payments/{id}"] = AccessRole.Viewer,
        ["POST /payments/{id}/unmask"] = AccessRole.Supervisor,
        ["GET /alerts"] = AccessRole.Viewer,
        ["POST /labels"] = AccessRole.Analyst,
        ["GET /speeds"] = AccessRole.Viewer,
        ["PUT /speeds"] = AccessRole.Supervisor,
        ["GET /models"] = AccessRole.Viewer,
        ["GET /models/history"] = AccessRole.Viewer,
        ["GET /models/{version}"] = AccessRole.Viewer,
        ["POST /models/{version}/promote"] = AccessRole.ModelOwner,
        ["POST /models/{version}/approve"] = AccessRole.ModelOwner,
        ["POST /models/{version}/threshold"] = AccessRole.ModelOwner,
        ["POST /models/{version}/challenge"] = AccessRole.ModelOwner,
        ["POST /models/rollback"] = AccessRole.ModelOwner,
        ["GET /get_model_ver"] = AccessRole.Viewer,
        ["POST /switch_model_ver"] = AccessRole.ModelOwner,
        ["POST /reload"] = AccessRole.Viewer,
        ["GET /report"] = AccessRole.Viewer,
        ["GET /audit"] = AccessRole.Supervisor,

        ["GET /openapi/**"] = AccessRole.Viewer,
        ["GET /scalar/**"] = AccessRole.Viewer,
        ["GET /docs"] = AccessRole.Viewer,

        // The page: its files say nothing of the stream, and people sign in before they have a role.
        ["GET /"] = null,
        ["GET /ui/assets/**"] = null,
        ["GET /ui/_framework/**"] = null,
        ["GET /ui/sign-in"] = null,
        ["POST /ui/sign-in"] = null,
        ["POST /ui/sign-out"] = null,
        ["GET /ui/sign-in/issuer"] = null,
        ["* /ui/settings"] = AccessRole.Admin,
        ["* /ui/**"] = AccessRole.Viewer,

        // What is not there.
        ["* /**"] = null,
    };

    /// <summary>What people can do on the page, beside looking.</summary>
    public const AccessRole Decides = AccessRole.Analyst, TurnsValves = AccessRole.Supervisor, Unmasks = AccessRole.Supervisor, ChangesModels = AccessRole.ModelOwner;

    public static IEnumerable<KeyValuePair<string, AccessRole?>> Routes => s_routes;

    /// <param name="route">A method and a path, as the table has them, such as "POST /predict?mode=record".</param>
    public static AccessRole? LeastOf(string route) => s_routes.TryGetValue(route, out var least) ? least : throw new InvalidOperationException($"AccessTable has no line for {route}");

    /// <summary>Of a page's view, which is reached without a request within a circuit.</summary>
    /// <param name="page">A component with a route.</param>
    public static AccessRole? LeastOfPage(Type page) =>
        page.GetCustomAttributes(typeof(RouteAttribute), inherit: false).Cast<RouteAttribute>().Select(route => LeastOf("GET", $"/ui{route.Template}")).Max();

    /// <summary>Gives every endpoint that is mapped through the group what the table says.</summary>
    public static void Apply(RouteGroupBuilder group) => ((IEndpointConventionBuilder)group).Finally(endpoint =>
    {
        var path = $"/{((RouteEndpointBuilder)endpoint).RoutePattern.RawText?.Trim('/')}";
        var methods = endpoint.Metadata.OfType<IHttpMethodMetadata>().LastOrDefault()?.HttpMethods is { Count: > 0 } known ? known : ["*"];
        var roles = methods.Select(method => LeastOf(method, path)).Distinct().ToList();
        if (roles.Count > 1)
            throw new InvalidOperationException($"{string.Join(", ", methods)} {path} is one endpoint, and AccessTable gives its methods different roles: map them one by one");
        endpoint.Metadata.Add(roles[0] is { } least ? new AuthorizeAttribute(least.Name()) : new AllowAnonymousAttribute());
    });

    static AccessRole? LeastOf(string method, string path)
    {
        if (s_routes.TryGetValue($"{method} {path}", out var exact) || s_routes.TryGetValue($"* {path}", out exact))
            return exact;
        for (var end = path.LastIndexOf('/'); end >= 0; end = end == 0 ? -1 : path.LastIndexOf('/', end - 1))
        {
            // Only what is below a prefix by itself: a route of the API stands in the table by its own path.
            if ((end > 0 || path.StartsWith("/{*", StringComparison.Ordinal))
                && (s_routes.TryGetValue($"{method} {path[..end]}/**", out var below) || s_routes.TryGetValue($"* {path[..end]}/**", out below)))
                return below;
        }

        throw new InvalidOperationException($"AccessTable has no line for {method} {path}: say which role the route needs");
    }
}
