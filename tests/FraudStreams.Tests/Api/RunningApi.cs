using System.Text;
using System.Text.Json;
using FraudStreams.Api;
using FraudStreams.Configuration;
using FraudStreams.Dashboard;
using FraudStreams.Hosting;
using FraudStreams.Model.Models;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.WholeProgram;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Shouldly;

namespace FraudStreams.Tests.Api;

/// <summary>A stream with the role api in this process, on a data folder, and a client of it.</summary>
sealed class RunningApi : IAsyncDisposable
{
    readonly IHost _host;
    readonly List<string> _lines;

    RunningApi(IHost host, List<string> lines, Uri address)
    {
        (_host, _lines) = (host, lines);

#pragma warning disable MA0039 // certificates of tests are made by the tests, on this machine
        Client = new HttpClient(new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator }) { BaseAddress = address };
#pragma warning restore MA0039
    }

    public HttpClient Client { get; }

    public IServiceProvider Services => _host.Services;

    public string Log
    {
        get
        {
            lock (_lines)
                return string.Join('\n', _lines);
        }
    }

    /// <summary>Answers when this returns.</summary>
    public static Task<RunningApi> StartAsync(StreamFolder folder, params string[] set) => StartAsync(folder, _ => { }, set);

    /// <param name="model">Scores in place of the folder's version, under its name.</param>
    public static Task<RunningApi> StartAsync(StreamFolder folder, ScoringModel model, params string[] set) => StartAsync(folder, model, _ => { }, set);

    /// <param name="replace">Adds services in the place of the host's own.</param>
    public static Task<RunningApi> StartAsync(StreamFolder folder, Action<IServiceCollection> replace, params string[] set) => StartAsync(folder, TrainedModel.Loaded, replace, set);

    static async Task<RunningApi> StartAsync(StreamFolder folder, ScoringModel model, Action<IServiceCollection> replace, string[] set)
    {
        var layers = SettingsOf.Layers([$"data={folder.Data}", "api.port=0", "roles=[score, alert, store, label, api]", .. set]);
        var lines = new List<string>();
        void Add(string line)
        {
            lock (lines)
                lines.Add(line);
        }

        var (host, _) = Build(layers, model, Add, replace);
        await host.StartAsync();
        string? line;
        lock (lines)
            line = lines.FirstOrDefault(logged => logged.Contains("The API answers at ", StringComparison.Ordinal));
        var api = new RunningApi(host, lines, new Uri(line.ShouldNotBeNull()[line!.IndexOf("http", StringComparison.Ordinal)..]));
        await Eventually.TrueAsync(async () => (await api.Client.GetAsync("/livez")).IsSuccessStatusCode);
        return api;
    }

    /// <summary>A host that is not started.</summary>
    public static (IHost Host, ApiListener Listener) Build(ConfigLayers layers, ScoringModel? model, Action<string> lines, Action<IServiceCollection> replace)
    {
        var settings = FraudSettings.From(layers.Load());
        var listener = ApiListener.Open(settings.Api);
        return (StreamHost.Build(new StreamOptions(settings, TrainedModel.Schema, model, layers), lines, new NoLifetime(), TimeProvider.System, services => AddApi(services, listener, replace)), listener);
    }

    public async Task<string> TextAsync(string path) => await Client.GetStringAsync(path);

    public async Task<JsonElement> JsonAsync(string path) => JsonElement.Parse(await Client.GetStringAsync(path));

    public async Task<(int Status, string? Type, string Body)> PostAsync(string path, string body, string type = "application/json")
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var answer = await Client.PostAsync(path, content);
        return ((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Waits until it has the partition of a payment: one that has just been started has none yet, and says so.</summary>
    public Task ScoresAsync(string payment) => Eventually.TrueAsync(async () => (await PostAsync("/predict", payment)).Status == 200, "the first score", limitSeconds: 60, everyMilliseconds: 20);

    /// <summary>A request that is to succeed.</summary>
    public async Task<JsonElement> AskAsync(string path, string body, string type = "application/json")
    {
        var (status, _, text) = await PostAsync(path, body, type);
        status.ShouldBe(200, text);
        return JsonElement.Parse(text);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _host.StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
    }

    static void AddApi(IServiceCollection services, ApiListener listener, Action<IServiceCollection> replace)
    {
        ApiService.AddTo(services, listener);
        DashboardPage.AddTo(services);
        replace(services);
    }

    sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
