using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using FraudStreams.Tests.WholeProgram;
using Microsoft.IdentityModel.Tokens;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Api;

/// <summary>People with tokens of an issuer (<see cref="TestIssuer"/>), at the API and at the page.</summary>
[Collection(WholeProgramCollection.Second)]
[Trait("Category", "Integration")]
public sealed class IssuerTests(IssuerTests.WithIssuer fixture) : IClassFixture<IssuerTests.WithIssuer>
{
    readonly RunningApi _api = fixture.Api;
    readonly TestIssuer _issuer = fixture.Issuer;

    public sealed class WithIssuer : IAsyncLifetime
    {
        readonly StreamFolder _folder = new(payments: 50);

        internal TestIssuer Issuer { get; private set; } = null!;

        internal RunningApi Api { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Issuer = await TestIssuer.StartAsync();
            var secret = _folder.File("client-secret");
            await File.WriteAllTextAsync(secret, TestIssuer.Secret);
            Api = await RunningApi.StartAsync(
                _folder, $"api.oidc.issuer={Issuer.Address}", $"api.oidc.client-id={TestIssuer.Client}", $"api.oidc.client-secret-file={secret}");
        }

        public async Task DisposeAsync()
        {
            await Api.DisposeAsync();
            await Issuer.DisposeAsync();
            _folder.Dispose();
        }
    }

    [Fact]
    public async Task A_token_gives_the_role_of_its_claim_and_signs_with_its_name()
    {
        var viewer = await AskAsync(_issuer.Token("fraudstreams", "viewer"), HttpMethod.Get, "/speeds");
        var refused = await AskAsync(_issuer.Token("fraudstreams", "viewer"), HttpMethod.Put, "/speeds", """{"speed_3": "9/s", "why": "no right to"}""");
        var turned = await AskAsync(_issuer.Token("fraudstreams", "supervisor"), HttpMethod.Put, "/speeds", """{"speed_3": "unlimited", "why": "a right to"}""");
        var none = await AskAsync(_issuer.Token("fraudstreams", "everything"), HttpMethod.Get, "/speeds");
        var audit = await AskAsync(_issuer.Token("fraudstreams", "supervisor"), HttpMethod.Get, "/audit");

        viewer.Status.ShouldBe(HttpStatusCode.OK, viewer.Text);
        refused.Status.ShouldBe(HttpStatusCode.Forbidden);
        refused.Text.ShouldContain("otto has viewer");
        turned.Status.ShouldBe(HttpStatusCode.OK);
        none.Status.ShouldBe(HttpStatusCode.Forbidden);
        audit.Text.ShouldContain("\"actor\": \"otto\"");
    }

    [Fact]
    public async Task Tokens_of_others_for_others_or_of_yesterday_are_refused()
    {
        using var rsa = RSA.Create(2048);
        var forged = new RsaSecurityKey(rsa) { KeyId = "one" };
        string[] tokens =
        [
            _issuer.Token("another program", "admin"),
            _issuer.Token("fraudstreams", "admin", issuer: "http://127.0.0.1:1"),
            _issuer.Token("fraudstreams", "admin", age: TimeSpan.FromDays(1)),
            _issuer.Token("fraudstreams", "admin", key: forged),
            "no.token.atall",
            "fsk_nor_a_key_where_keys_are_off",
        ];

        foreach (var token in tokens)
            (await AskAsync(token, HttpMethod.Get, "/speeds")).Status.ShouldBe(HttpStatusCode.Unauthorized, token);
    }

    [Fact]
    public async Task People_sign_in_at_the_issuer_for_the_page()
    {
        using var handler = new HttpClientHandler { AllowAutoRedirect = true };
        using var browser = new HttpClient(handler) { BaseAddress = _api.Client.BaseAddress };
        using var before = await browser.GetAsync("/ui/alerts");
        var signIn = await before.Content.ReadAsStringAsync();

        using var after = await browser.GetAsync("/ui/sign-in/issuer?to=/ui/alerts");
        using var settings = await browser.GetAsync("/ui/settings");
        using var status = await browser.GetAsync("/status");

        signIn.ShouldContain("Sign in at 127.0.0.1");
        signIn.ShouldNotContain("Your key");
        after.RequestMessage!.RequestUri!.AbsolutePath.ShouldBe("/ui/alerts");
        after.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await after.Content.ReadAsStringAsync()).ShouldContain("blazor.web.js");
        settings.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await settings.Content.ReadAsStringAsync()).ShouldContain("maria has analyst");
        status.StatusCode.ShouldBe(HttpStatusCode.OK);
        _api.Log.ShouldNotContain(TestIssuer.Secret);
    }

    [Fact]
    public async Task The_way_to_the_issuer_keeps_the_address_that_was_asked_for()
    {
        var signIn = await _api.Client.GetStringAsync("/ui/sign-in?to=%2Fui%2Falerts%3Fa%3D1%26b%3D2");

        signIn.ShouldContain("href=\"/ui/sign-in/issuer?to=%2Fui%2Falerts%3Fa%3D1%26b%3D2\"");
    }

    async Task<(HttpStatusCode Status, string Text)> AskAsync(string token, HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await _api.Client.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
