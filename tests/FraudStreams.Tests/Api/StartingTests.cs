using System.Net;
using FraudStreams.Api;
using FraudStreams.Tests.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Api;

/// <summary>What the API says while a first model is trained: the host is built, and not started.</summary>
[Trait("Category", "Integration")]
public sealed class StartingTests
{
    [Fact]
    public async Task Health_and_the_page_are_answered_before_the_stream_starts()
    {
        using var folder = new TemporaryFolder();
        var (host, listener) = RunningApi.Build(SettingsOf.Layers([$"data={folder}", "api.port=0"]), null, _ => { }, _ => { });
        try
        {
            host.Services.GetRequiredService<ApiService>().Open();
            using var client = new HttpClient { BaseAddress = listener.Address };

            (await client.GetAsync("/livez")).StatusCode.ShouldBe(HttpStatusCode.OK);
            var ready = await client.GetAsync("/readyz?verbose");
            ready.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            (await ready.Content.ReadAsStringAsync()).ShouldContain("starting: not every pipeline runs yet");
            (await client.GetStringAsync("/ui/")).ShouldContain("Connecting to the stream");
            (await client.GetAsync("/payments")).StatusCode.ShouldBe(HttpStatusCode.OK);
        }
        finally
        {
            await ((IAsyncDisposable)host).DisposeAsync();
        }
    }
}
