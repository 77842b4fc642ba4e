using FraudStreams.Access;
using FraudStreams.Access.Keys;
using FraudStreams.Alerting;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Api;
using FraudStreams.Api.Resources;
using FraudStreams.Api.Security;
using FraudStreams.Dashboard;
using FraudStreams.Diagnostics;
using FraudStreams.Tests.Access;
using FraudStreams.Tests.Configuration;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Api;

/// <summary>What lasts longer than a request ends with the sign-in or the key: the cookie, a circuit of the page, a stream of events.</summary>
[Trait("Category", "Unit")]
public sealed class SignInEndTests : IAsyncLifetime
{
    static readonly TimeSpan s_keepAlive = TimeSpan.FromSeconds(15);

    readonly TemporaryFolder _folder = new();
    readonly ManualTime _time = new();
    AccessTopics _topics = null!;
    KeyLog _keys = null!;
    ApiKey _key = null!;

    public async Task InitializeAsync()
    {
        _topics = AccessOf.Topics(_folder);
        _keys = new KeyLog(_topics, _time);
        (_, _key) = await _keys.AddAsync("maria", AccessRole.Analyst, "ada", default);
    }

    public async Task DisposeAsync()
    {
        await _keys.DisposeAsync();
        await _topics.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_cookie_ends_eight_hours_after_the_sign_in_however_much_it_is_used()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<TimeProvider>(_time);
        services.AddSingleton(_keys);
        ApiAuthentication.AddTo(services, FraudSettings.From(SettingsOf.Layers(["api.keys=on"]).Load()).Api);
        await using var provider = services.BuildServiceProvider();
        var signIn = Request(null);
        await signIn.SignInAsync(ApiAuthentication.CookieScheme, Caller.Of(_key));
        var cookie = signIn.Response.Headers.SetCookie.ToString().Split(';')[0];

        for (var hour = 0; hour < 8; hour++)
        {
            var used = await Request(cookie).AuthenticateAsync(ApiAuthentication.CookieScheme);
            var user = used.Principal.ShouldNotBeNull($"hour {hour}: {used.Failure}");
            user.HasEnded(_time.GetUtcNow()).ShouldBeFalse();
            user.HasEnded(_time.GetUtcNow() + TimeSpan.FromHours(8 - hour)).ShouldBeTrue();
            _time.Advance(TimeSpan.FromHours(1));
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        (await Request(cookie).AuthenticateAsync(ApiAuthentication.CookieScheme)).Succeeded.ShouldBeFalse();
        provider.GetRequiredService<IOptionsMonitor<CookieAuthenticationOptions>>().Get(ApiAuthentication.CookieScheme).SlidingExpiration.ShouldBeFalse();

        // A handler is one scope's.
        DefaultHttpContext Request(string? shown) => new() { RequestServices = provider.CreateScope().ServiceProvider, Request = { Headers = { Cookie = shown } } };
    }

    [Fact]
    public async Task An_open_page_does_nothing_more_for_a_sign_in_that_has_ended()
    {
        var user = Caller.Of(_key).Until(_time.GetUtcNow() + TimeSpan.FromHours(8));
        var actor = new Actor(null!, new SignedIn(user), _keys, _time);
        await actor.LoadAsync();
        await actor.DemandAsync(AccessRole.Analyst);

        _time.Advance(TimeSpan.FromHours(8));

        (await Should.ThrowAsync<RequestException>(() => actor.DemandAsync(AccessRole.Analyst))).Message.ShouldContain("sign in");
    }

    [Fact]
    public async Task An_open_page_does_nothing_more_for_a_key_that_was_revoked()
    {
        var actor = new Actor(null!, new SignedIn(Caller.Of(_key)), _keys, _time);
        await actor.LoadAsync();
        await actor.DemandAsync(AccessRole.Analyst);

        await _keys.RevokeAsync("maria", "ada", default);

        await Should.ThrowAsync<RequestException>(() => actor.DemandAsync(AccessRole.Analyst));
    }

    [Fact]
    public async Task A_stream_of_events_ends_when_its_key_is_revoked()
    {
        var alerts = new DeliveredAlerts();
        using var events = new EventsEndpoint(alerts, new StreamMetrics(), new PipelineHealth(TimeSpan.FromMinutes(1), _time), new PendingAlerts(), _keys, _time);
        var context = new DefaultHttpContext { User = Caller.Of(_key) };
        var streaming = events.StreamAsync(context, default);
        for (var round = 0; round < 3; round++)
        {
            await Eventually.TrueAsync(() => _time.UntilNextTimer() == s_keepAlive, "the next keep-alive");
            alerts.Publish("an alert");
            _time.Advance(s_keepAlive);
            streaming.IsCompleted.ShouldBeFalse();
        }

        await Eventually.TrueAsync(() => _time.UntilNextTimer() == s_keepAlive, "the next keep-alive");
        await _keys.RevokeAsync("maria", "ada", default);
        _time.Advance(s_keepAlive);

        await Eventually.TrueAsync(() => streaming.IsCompleted);
        await streaming;
    }

    sealed class SignedIn(System.Security.Claims.ClaimsPrincipal user) : AuthenticationStateProvider
    {
        public override Task<AuthenticationState> GetAuthenticationStateAsync() => Task.FromResult(new AuthenticationState(user));
    }
}
