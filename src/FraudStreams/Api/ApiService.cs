using System.Net;
using FraudStreams.Access;
using FraudStreams.Access.Audit;
using FraudStreams.Access.Keys;
using FraudStreams.Api.Resources;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Hosting;
using FraudStreams.Messaging;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Api;

/// <summary>
/// The web server of a process with the role `api`, on a port that is open already. It is made when somebody first connects, or once the process has run
/// for some seconds: a short run does not pay for it, half a second of processor time, and no first payment waits for it. It answers before the stream
/// starts, while a first model is trained, and while it drains, and ends after it. Were it to fail, the stream would go on.
/// </summary>
sealed class ApiService(ApiListener listener, StreamOptions options, IServiceProvider services, TimeProvider time, ILogger<ApiService> log) : IHostedLifecycleService, IAsyncDisposable
{
    static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(15);
    static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);

    readonly CancellationTokenSource _ended = new();
    Task<WebApplication?>? _web;
    Task _warned = Task.CompletedTask;

    /// <summary>Adds it to a process, before the stream. Nothing of ASP.NET Core is loaded where this is not called.</summary>
    public static void AddTo(IServiceCollection services, ApiListener listener)
    {
        services.AddSingleton(listener);
        services.AddSingleton(provider => new AnnouncedAddress(listener.AnnouncedAs(provider.GetRequiredService<StreamOptions>().Settings.Api)));
        services.AddSingleton<RegistryAccess>();
        services.AddSingleton(provider => new KeyLog(provider.GetRequiredService<AccessTopics>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<Valves>();
        services.AddSingleton<IAuditSource>(provider => provider.GetRequiredService<AuditLog>());
        services.AddSingleton<IAuditSource>(provider => provider.GetRequiredService<KeyLog>());
        services.AddSingleton<IAuditSource>(provider => new RegistryAudit(
            cancellationToken => provider.GetRequiredService<RegistryAccess>().AskAsync(models => Task.FromResult(models.State.History), cancellationToken)));
        services.AddSingleton<ApiService>();
        services.AddHostedService(provider => provider.GetRequiredService<ApiService>());
    }

    /// <summary>Takes connections from now on. The host may be started later.</summary>
    public void Open()
    {
        // Whom metrics are sent to does not connect.
        _web ??= StartWebAsync(options.Settings.Api.OtlpEndpoint is null ? s_longestWait : TimeSpan.Zero);
    }

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        var settings = options.Settings.Api;
        if (settings.Port is null && listener.EndPoint.Port != ApiSettings.UsualPort)
            log.LogInformation("The API answers at {Address}: port {Usual} is taken", listener.Address, ApiSettings.UsualPort);
        else
            log.LogInformation("The API answers at {Address}", listener.Address);
        if (!IPAddress.IsLoopback(settings.Address) && settings.Tls is null)
            log.LogWarning("Keys and payments travel unencrypted beyond this machine: set api.tls.certificate-file, or let a proxy on this machine have the open port");
        Open();
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => EndAsync();

    public async ValueTask DisposeAsync() => await EndAsync();

    async Task<WebApplication?> StartWebAsync(TimeSpan longestWait)
    {
        var started = time.GetTimestamp();
        await BlockingCall.RunAsync(() =>
        {
            while (!_ended.IsCancellationRequested && time.GetElapsedTime(started) < longestWait && !listener.IsAskedWithin(s_look))
            {
                // Nobody yet.
            }
        });
        if (_ended.IsCancellationRequested)
            return null;
        try
        {
            var web = ApiApplication.Build(options.Settings.Api, listener, services);
            await web.StartAsync(CancellationToken.None);

            // Topics that are away are waited for: probes are answered meanwhile.
            _warned = WarnWithoutKeysAsync();
            return web;
        }
        catch (Exception e)
        {
            log.LogError(e, "The API cannot be started, and the stream goes on without it");
            return null;
        }
    }

    async Task WarnWithoutKeysAsync()
    {
        if (!options.Settings.Api.TakesKeys)
            return;
        try
        {
            var keys = services.GetRequiredService<KeyLog>();
            await keys.RefreshAsync(CancellationToken.None).WaitAsync(_ended.Token);
            if (keys.Keys.IsEmpty)
                log.LogWarning("api.keys is on and no key is in force: `fraudstreams keys add NAME --role viewer` makes one, and it holds at once");
        }
        catch (MessageLogException e)
        {
            log.LogWarning("Keys cannot be read now: {Reason}", e.Message);
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // Nobody asks any more.
        }
    }

    async Task EndAsync()
    {
        await _ended.CancelAsync();
        if (_web is not null && await _web is { } web)
        {
            _web = null;
            await web.StopAsync(CancellationToken.None);
            await web.DisposeAsync();
        }

        await _warned;
        listener.Dispose();
    }
}
