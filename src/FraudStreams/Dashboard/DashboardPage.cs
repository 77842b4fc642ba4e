using FraudStreams.Access.Audit;
using FraudStreams.Api;
using FraudStreams.Dashboard.Cases;
using FraudStreams.Dashboard.Drift;
using FraudStreams.Dashboard.Live;
using FraudStreams.Dashboard.Payments;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace FraudStreams.Dashboard;

/// <summary>
/// The page for people, under /ui of the API's port. The web application behind it is made for the first one who looks: a stream that nobody watches does
/// not even load Blazor.
/// </summary>
sealed class DashboardPage(IServiceProvider stream) : IApiExtension, IAsyncDisposable
{
    const string Root = "/ui";

    /// <summary>Nothing from outside, and nobody's frame. Components set the styles of single elements.</summary>
    const string ContentPolicy =
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    readonly Lock _gate = new();
    PageApplication? _page;

    /// <summary>Adds it to a process with the role `api`, before the stream.</summary>
    public static void AddTo(IServiceCollection services)
    {
        services.AddSingleton<StreamSampler>();
        services.AddHostedService(provider => provider.GetRequiredService<StreamSampler>());
        services.AddSingleton<PaymentLookup>();
        services.AddSingleton<SecretFields>();
        services.AddSingleton<CaseLog>();
        services.AddSingleton<CaseQueue>();
        services.AddSingleton<CaseService>();
        services.AddHostedService(provider => provider.GetRequiredService<CaseService>());
        services.AddSingleton<IAuditSource>(provider => provider.GetRequiredService<CaseLog>());
        services.AddSingleton<DriftLookup>();
        services.AddSingleton<DashboardPage>();
        services.AddSingleton<IApiExtension>(provider => provider.GetRequiredService<DashboardPage>());
    }

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", ToPageAsync).ExcludeFromDescription();
        foreach (var path in (string[])[$"{Root}/assets/{{**path}}", $"{Root}/_framework/{{**path}}"])
            routes.MapGet(path, WriteFileAsync).ExcludeFromDescription();

        // A circuit is one request that lasts as long as somebody looks.
        foreach (var path in (string[])[$"{Root}/settings", $"{Root}/{{**path}}"])
            routes.Map(path, ShowAsync).DisableRequestTimeout();
    }

    static Task ToPageAsync(HttpContext context)
    {
        context.Response.Redirect($"{Root}/");
        return Task.CompletedTask;
    }

    static Task WriteFileAsync(HttpContext context) => PageFiles.Find(context.Request.Path.Value![Root.Length..]) is { } file
        ? file.WriteAsync(context)
        : Problem.WriteAsync(context, StatusCodes.Status404NotFound, "not-found", "There is no such file", "The page has no file of this name.");

    async Task ShowAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.Path == Root)
        {
            await ToPageAsync(context);
            return;
        }

        context.Response.Headers.ContentSecurityPolicy = ContentPolicy;
        (request.PathBase, request.Path) = (Root, request.Path.Value![Root.Length..]);
        await PageOf(context).InvokeAsync(context);
    }

    public async ValueTask DisposeAsync()
    {
        if (_page is not null)
            await _page.DisposeAsync();
    }

    /// <summary>One, made by the first who asks.</summary>
    PageApplication PageOf(HttpContext context)
    {
        lock (_gate)
            return _page ??= PageApplication.Build(stream, context.RequestServices.GetRequiredService<IHostApplicationLifetime>());
    }
}
