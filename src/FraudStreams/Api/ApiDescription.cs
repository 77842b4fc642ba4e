using FraudStreams.ModelOps;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Scalar.AspNetCore;

namespace FraudStreams.Api;

/// <summary>`/openapi/v1.json`, and the page that shows it at `/scalar` and `/docs`, with its own files.</summary>
static class ApiDescription
{
    public static void AddTo(IServiceCollection services) => services.AddOpenApi(options => options.AddDocumentTransformer((document, _, _) =>
    {
        document.Info.Title = "FraudStreams";
        document.Info.Version = ProgramVersion.Text;
        document.Info.Description = "docs/api.md tells the rest.";
        return Task.CompletedTask;
    }));

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
}
