using System.Reflection;
using FraudStreams.Api.Security;
using FraudStreams.Configuration;
using FraudStreams.ModelOps;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace FraudStreams.Api;

/// <summary>`/openapi/v1.json`, and the page that shows it at `/scalar` and `/docs`, with its own files.</summary>
static class ApiDescription
{
    static readonly MethodInfo s_answer = ((Delegate)Answer).Method;

    /// <param name="Query">Names of the query that it takes.</param>
    /// <param name="Bodies">Media types of the body that it takes.</param>
    sealed record EndpointNotes(string[] Query, string[] Bodies);

    public static void AddTo(IServiceCollection services, ApiSettings settings) => services.AddOpenApi(options => options
        .AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "FraudStreams";
            document.Info.Version = ProgramVersion.Text;
            document.Info.Description = "Scores card payments for fraud while they happen. docs/api.md tells the rest.";
            Secure(document, settings);
            return Task.CompletedTask;
        })
        .AddOperationTransformer((operation, context, _) =>
        {
            var path = RoutePatternFactory.Parse(context.Description.RelativePath ?? "").Parameters.Select(parameter => Parameter(parameter.Name, ParameterLocation.Path));
            var notes = context.Description.ActionDescriptor.EndpointMetadata.OfType<EndpointNotes>().FirstOrDefault() ?? new EndpointNotes([], []);
            operation.Parameters = [.. path, .. notes.Query.Select(name => Parameter(name, ParameterLocation.Query))];
            if (notes.Bodies.Length > 0)
                operation.RequestBody = new OpenApiRequestBody { Required = true, Content = notes.Bodies.ToDictionary(type => type, _ => new OpenApiMediaType()) };
            return Task.CompletedTask;
        }));

    /// <summary>Puts an endpoint into the description.</summary>
    /// <param name="tag">The group under which the page shows it.</param>
    public static IEndpointConventionBuilder Describe(this IEndpointConventionBuilder endpoint, string tag, string summary, string[]? query = null, params string[] bodies) =>
        endpoint.WithMetadata(s_answer, new EndpointNotes(query ?? [], bodies)).WithSummary(summary).WithTags(tag);

    public static void Map(IEndpointRouteBuilder web)
    {
        web.MapOpenApi();
        web.MapScalarApiReference("/scalar", scalar => scalar.WithTitle("FraudStreams").DisableDefaultFonts());
        web.MapGet("/docs", context =>
        {
            context.Response.Redirect("/scalar");
            return Task.CompletedTask;
        }).ExcludeFromDescription();
    }

    /// <summary>The ways to say who asks, where that must be said: any one of them.</summary>
    static void Secure(OpenApiDocument document, ApiSettings settings)
    {
        if (!settings.IsAuthenticated)
            return;
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal);
        document.Components.SecuritySchemes["bearer"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer" };
        if (settings.TakesKeys)
            document.Components.SecuritySchemes["key"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = ApiKeyHandler.Header };
        document.Security = [.. document.Components.SecuritySchemes.Keys.Select(name => new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(name, document)] = [] })];
    }

    /// <summary>What the description takes every endpoint for.</summary>
    static Task Answer(HttpContext context) => Task.CompletedTask;

    static OpenApiParameter Parameter(string name, ParameterLocation place) =>
        new() { Name = name, In = place, Required = place == ParameterLocation.Path, Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
}
