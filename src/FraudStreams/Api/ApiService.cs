using FraudStreams.Configuration;
using FraudStreams.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;

namespace FraudStreams.Api;

/// <summary>
/// The web server of a process with the role `api`. Its port is open before the stream starts, so that a port that is taken stops the start; the server is
/// made beside the actor system, counts from the first payment on, and answers soon after. It answers while the stream drains, and ends after it. Were it to
/// fail, the stream would go on.
/// </summary>
sealed class ApiService(StreamOptions options, IServiceProvider services, ILogger<ApiService> log) : IHostedLifecycleService, IAsyncDisposable
{
    readonly TaskCompletionSource _counts = new(TaskCreationOptions.RunContinuationsAsynchronously);
    ApiListener? _listener;
    Task<WebApplication?> _web = Task.FromResult<WebApplication?>(null);

    /// <summary>Adds it to a process, before the stream. Nothing of ASP.NET Core is loaded where this is not called.</summary>
    public static void AddTo(IServiceCollection services)
    {
        services.AddSingleton<ApiService>();
        services.AddHostedService(provider => provider.GetRequiredService<ApiService>());
    }

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        var settings = options.Settings.Api;
        _listener = ApiListener.Open(settings);
        if (settings.Port is null && _listener.EndPoint.Port != ApiSettings.UsualPort)
            log.LogInformation("The API answers at {Address}: port {Usual} is taken", _listener.Address, ApiSettings.UsualPort);
        else
            log.LogInformation("The API answers at {Address}", _listener.Address);
        _web = Task.Run(RunAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <summary>No payment is scored before the meters are read.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => _counts.Task;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => EndAsync();

    public async ValueTask DisposeAsync() => await EndAsync();

    async Task<WebApplication?> RunAsync()
    {
        try
        {
            var web = ApiApplication.Build(options.Settings.Api, _listener!, services);
            _ = web.Services.GetRequiredService<MeterProvider>();
            _counts.TrySetResult();
            await web.StartAsync(CancellationToken.None);
            return web;
        }
        catch (Exception e)
        {
            log.LogError(e, "The API cannot be started, and the stream goes on without it");
            _counts.TrySetResult();
            return null;
        }
    }

    async Task EndAsync()
    {
        var web = await _web;
        _web = Task.FromResult<WebApplication?>(null);
        if (web is not null)
        {
            await web.StopAsync(CancellationToken.None);
            await web.DisposeAsync();
        }

        _listener?.Dispose();
    }
}
