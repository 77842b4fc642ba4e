using System.Net;
using System.Text.Json;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Api;

[Collection(WholeProgramCollection.Second)]
[Trait("Category", "Integration")]
public sealed class HealthAndStatusTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    readonly RunningApi _api = fixture.Api;

    [Fact]
    public async Task Liveness_and_readiness_answer_under_their_names()
    {
        foreach (var path in (string[])["/livez", "/healthz/live", "/readyz", "/healthz", "/healthz/ready"])
            (await _api.TextAsync(path)).ShouldBe("ok", path);
        var verbose = await _api.TextAsync("/readyz?verbose");
        foreach (var check in (string[])["topics", "pipelines", "alerts", "disk", "running"])
            verbose.ShouldContain($"[+]{check} ok\n");
        verbose.ShouldEndWith("readyz check passed\n");
        (await _api.TextAsync("/livez?verbose")).ShouldContain("livez check passed");
    }

    [Fact]
    public async Task Status_has_what_the_command_prints()
    {
        var status = await _api.JsonAsync("/status");
        await using var command = await fixture.Folder.RunAsync("status", "--json");

        Keys(status).ShouldBe(Keys(command.Json()));
        status.GetProperty("model_version").GetString().ShouldBe(TrainedModel.Loaded.Version);
    }

    [Fact]
    public async Task Other_hosts_and_pages_of_other_origins_are_not_served()
    {
        using var rebound = new HttpRequestMessage(HttpMethod.Get, "/status") { Headers = { Host = "evil.example" } };
        using var other = new HttpRequestMessage(HttpMethod.Post, "/predict") { Content = new StringContent("[]", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")) };
        other.Headers.Add("Origin", "http://evil.example");
        using var own = new HttpRequestMessage(HttpMethod.Post, "/predict") { Content = new StringContent("[]", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")) };
        own.Headers.Add("Origin", _api.Client.BaseAddress!.GetLeftPart(UriPartial.Authority));

        (await _api.Client.SendAsync(rebound)).StatusCode.ShouldBe(HttpStatusCode.MisdirectedRequest);
        var refused = await _api.Client.SendAsync(other);
        refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        refused.Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
        (await _api.Client.SendAsync(own)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task What_is_not_there_is_a_problem_document()
    {
        var answer = await _api.Client.GetAsync("/nothing/<script>");

        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        (await answer.Content.ReadAsStringAsync()).ShouldNotContain("script");
        answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        answer.Headers.Contains("Server").ShouldBeFalse();
    }

    static string[] Keys(JsonElement json) => [.. json.EnumerateObject().Select(property => property.Name)];
}
