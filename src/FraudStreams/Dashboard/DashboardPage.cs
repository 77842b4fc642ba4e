using FraudStreams.Api;
using FraudStreams.Dashboard.Cases;
using FraudStreams.Dashboard.Live;
using FraudStreams.Dashboard.Payments;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace FraudStreams.Dashboard;

/// <summary>
/// The page for people, under /ui of the API's port. The web application behind it is made for the first one who looks: a stream that nobody watches does
/// not even load Blazor.
/// </summary>
public sealed class DashboardPage(IServiceProvider stream) : IApiExtension, IAsyncDisposable
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
        services.AddSingleton<CaseLog>();
        services.AddSingleton<CaseQueue>();
        services.AddSingleton<CaseService>();
        services.AddHostedService(provider => provider.GetRequiredService<CaseService>());
        services.AddSingleton<DashboardPage>();
        services.AddSingleton<IApiExtension>(provider => provider.GetRequiredService<DashboardPage>());
    }

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var (request, response) = (context.Request, context.Response);
        if ((request.Path == "/" || request.Path == Root) && HttpMethods.IsGet(request.Method))
        {
            response.Redirect($"{Root}/");
            return;
        }

        if (!request.Path.StartsWithSegments(Root, out var rest))
        {
            await next(context);
            return;
        }

        response.Headers.ContentSecurityPolicy = ContentPolicy;
        response.Headers["Referrer-Policy"] = "no-referrer";
        if (PageFiles.Find(rest.Value!) is { } file)
        {
            await file.WriteAsync(context);
            return;
        }

        (request.PathBase, request.Path) = (Root, rest);
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
