using System.Net;
using System.Net.Http.Headers;
using System.Text;
using FraudStreams.Access;
using FraudStreams.Access.Keys;
using FraudStreams.Api.Security;
using FraudStreams.Hosting;
using FraudStreams.Messaging;
using FraudStreams.Tests.Dashboard;
using FraudStreams.Tests.WholeProgram;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Api;

/// <summary>Who may ask what, of a running host with keys.</summary>
[Collection(WholeProgramCollection.Second)]
[Trait("Category", "Integration")]
public sealed class AccessTests(AccessTests.WithKeys fixture) : IClassFixture<AccessTests.WithKeys>
{
    readonly RunningApi _api = fixture.Api;

    /// <summary>A stream that takes keys, and one for each role.</summary>
    public sealed class WithKeys : IAsyncLifetime
    {
        internal StreamFolder Folder { get; } = new(payments: 500);

        internal RunningApi Api { get; private set; } = null!;

        internal Dictionary<AccessRole, string> Keys { get; } = [];

        internal KeyLog KeyLog => Api.Services.GetRequiredService<KeyLog>();

        public async Task InitializeAsync()
        {
            Api = await RunningApi.StartAsync(
                Folder, "api.keys=on", "roles=[simulate, score, alert, store, label, api]", $"simulate.input={Folder.Input}", "speeds.speed_1=unlimited", "store.batch.wait=20ms", "batch.wait=5ms");
            foreach (var role in Enum.GetValues<AccessRole>())
                Keys[role] = (await KeyLog.AddAsync(role.Name(), role, "test", default)).Key;
            await Eventually.TrueAsync(async () => (await AskAsync(AccessRole.Viewer, HttpMethod.Get, "/status")).Text.Contains("\"stored\": 500", StringComparison.Ordinal));
        }

        public async Task DisposeAsync()
        {
            await Api.DisposeAsync();
            Folder.Dispose();
        }

        internal Task<(HttpStatusCode Status, string Text)> AskAsync(AccessRole? role, HttpMethod method, string path, string? body = null) =>
            AskAsync(role is { } known ? Keys[known] : null, method, path, body);

        internal async Task<(HttpStatusCode Status, string Text)> AskAsync(string? key, HttpMethod method, string path, string? body = null)
        {
            using var request = new HttpRequestMessage(method, path);
            if (key is not null)
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
            if (body is not null)
                request.Content = new StringContent(body, Encoding.UTF8, "application/json");
            using var answer = await Api.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            return (answer.StatusCode, path == "/events" && answer.IsSuccessStatusCode ? "" : await answer.Content.ReadAsStringAsync());
        }
    }

    /// <summary>Each line of the table, with each role and with none: 401 without a key, 403 with too little, and else whatever the endpoint says.</summary>
    [Fact]
    public async Task Every_route_takes_the_roles_of_the_table_and_no_others()
    {
        foreach (var (route, least) in AccessTable.Routes.Where(route => route.Key is not ("* /**" or "GET /readyz?verbose")))
        {
            var (method, path) = (route.Split(' ')[0], route.Split(' ')[1]);
            path = path.Replace("**", "x", StringComparison.Ordinal).Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal)
                .Replace("/openapi/x", "/openapi/v1.json", StringComparison.Ordinal);
            var verb = method == "*" ? HttpMethod.Get : new HttpMethod(method);
            foreach (var role in Enum.GetValues<AccessRole>().Select(role => (AccessRole?)role).Prepend(null))
            {
                var (status, text) = await fixture.AskAsync(role, verb, path, method is "POST" or "PUT" ? "{}" : null);
                var told = $"{route} as {role?.ToString() ?? "nobody"}: {status} {text}";
                var isPage = path.StartsWith("/ui/", StringComparison.Ordinal);
                if (least is null || (role is { } known && AccessRoles.Including(least.Value).Contains(known)))
                    ((int)status).ShouldNotBeOneOf([403, 500], told);
                else if (role is null && isPage)
                    text.ShouldContain("Your key", customMessage: told);
                else
                    status.ShouldBe(role is null ? HttpStatusCode.Unauthorized : HttpStatusCode.Forbidden, told);
                if (role is null && least is not null && !isPage)
                    text.ShouldContain("urn:fraudstreams:problem:unauthenticated", customMessage: told);
            }
        }
    }

    [Fact]
    public async Task A_key_goes_in_either_header_and_a_wrong_or_revoked_one_in_none()
    {
        var (key, _) = await fixture.KeyLog.AddAsync("to revoke", AccessRole.Viewer, "test", default);
        using var header = new HttpRequestMessage(HttpMethod.Get, "/speeds") { Headers = { { "X-Api-Key", key } } };
        using var taken = await _api.Client.SendAsync(header);
        var before = await fixture.AskAsync(key, HttpMethod.Get, "/speeds");
        var wrong = await fixture.AskAsync(key[..^1] + (key[^1] == 'A' ? 'B' : 'A'), HttpMethod.Get, "/speeds");
        using var none = await _api.Client.GetAsync("/speeds");
        await fixture.KeyLog.RevokeAsync("to revoke", "test", default);
        var after = await fixture.AskAsync(key, HttpMethod.Get, "/speeds");

        taken.StatusCode.ShouldBe(HttpStatusCode.OK);
        before.Status.ShouldBe(HttpStatusCode.OK);
        wrong.Status.ShouldBe(HttpStatusCode.Unauthorized);
        none.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        none.Headers.WwwAuthenticate.ToString().ShouldStartWith("Bearer");
        after.Status.ShouldBe(HttpStatusCode.Unauthorized);
        _api.Log.ShouldNotContain(key[..20]);
    }

    [Fact]
    public async Task A_host_that_starts_while_topics_are_away_answers_probes_and_503_to_who_shows_a_key()
    {
        using var folder = new StreamFolder(payments: 50);
        using var away = new ManualResetEventSlim();
        var topics = new AccessTopics(
            () =>
            {
                away.Wait();
                throw new MessageLogException("the broker is away");
            },
            TimeProvider.System);

        // It has answered /livez when it has started, though the topics are still being opened.
        await using var api = await RunningApi.StartAsync(folder, services => services.AddSingleton(topics), "api.keys=on");
        away.Set();

        await Eventually.TrueAsync(() => api.Log.Contains("Keys cannot be read now: the broker is away", StringComparison.Ordinal));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/status") { Headers = { { "X-Api-Key", "fsk_any" } } };
        using var answer = await api.Client.SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("the broker is away");
    }

    [Fact]
    public async Task Probes_need_no_key_and_tell_no_reason()
    {
        (await fixture.AskAsync((string?)null, HttpMethod.Get, "/livez")).ShouldBe((HttpStatusCode.OK, "ok"));
        (await fixture.AskAsync((string?)null, HttpMethod.Get, "/readyz?verbose")).ShouldBe((HttpStatusCode.OK, "ok"));
        (await fixture.AskAsync(AccessRole.Viewer, HttpMethod.Get, "/readyz?verbose")).Text.ShouldContain("[+]topics ok");
    }

    [Fact]
    public async Task What_is_changed_is_signed_with_the_keys_name_and_found_in_the_audit_log()
    {
        var rates = _api.Services.GetRequiredService<StreamService>().Rates;
        var turned = await fixture.AskAsync(AccessRole.Supervisor, HttpMethod.Put, "/speeds", """{"speed_3": "77/s", "why": "the database rests"}""");
        var disguised = await fixture.AskAsync(AccessRole.Supervisor, HttpMethod.Put, "/speeds", """{"speed_3": "78/s", "actor": "ada", "why": "as somebody else"}""");
        await fixture.AskAsync(AccessRole.Supervisor, HttpMethod.Put, "/speeds", """{"speed_3": "unlimited", "why": "it has rested"}""");

        var audit = await fixture.AskAsync(AccessRole.Supervisor, HttpMethod.Get, "/audit?action=speed&limit=2");

        turned.Status.ShouldBe(HttpStatusCode.OK);
        disguised.Status.ShouldBe(HttpStatusCode.BadRequest);
        disguised.Text.ShouldContain("actor must be left out");
        rates.Speed3.Speed.IsUnlimited.ShouldBeTrue();
        audit.Text.ShouldContain("\"actor\": \"supervisor\"");
        audit.Text.ShouldContain("\"before\": \"unlimited\"");
        audit.Text.ShouldContain("\"after\": \"77/s\"");
        audit.Text.ShouldContain("the database rests");
        audit.Text.ShouldNotContain("78/s");
    }

    [Fact]
    public async Task A_payment_is_unmasked_for_a_supervisor_with_a_reason_which_is_kept()
    {
        var id = fixture.Folder.IdsOf(FraudStreams.Topics.TopicNames.Transactions, "trans_num").First();
        var masked = await fixture.AskAsync(AccessRole.Supervisor, HttpMethod.Get, $"/payments/{id}");
        var without = await fixture.AskAsync(AccessRole.Supervisor, HttpMethod.Post, $"/payments/{id}/unmask", "{}");
        var unmasked = await fixture.AskAsync(AccessRole.Supervisor, HttpMethod.Post, $"/payments/{id}/unmask", """{"why": "the bank asks for it"}""");
        var missing = await fixture.AskAsync(AccessRole.Supervisor, HttpMethod.Post, "/payments/none/unmask", """{"why": "a typing error"}""");
        var audit = await fixture.AskAsync(AccessRole.Supervisor, HttpMethod.Get, "/audit?action=payment.unmasked");

        masked.Text.ShouldContain("****");
        without.Status.ShouldBe(HttpStatusCode.BadRequest);
        unmasked.Status.ShouldBe(HttpStatusCode.OK);
        unmasked.Text.ShouldNotContain("****");
        unmasked.Text.ShouldMatch("\"card\":\"\\d{13,19}\"");
        missing.Status.ShouldBe(HttpStatusCode.NotFound);
        audit.Text.ShouldContain(id);
        audit.Text.ShouldContain("the bank asks for it");
        audit.Text.ShouldNotContain("a typing error");
    }

    [Fact]
    public async Task A_label_is_in_the_audit_log_with_what_was_said_before()
    {
        var id = fixture.Folder.IdsOf(FraudStreams.Topics.TopicNames.Transactions, "trans_num").Last();
        foreach (var value in (int[])[1, 0])
        {
            (await fixture.AskAsync(AccessRole.Analyst, HttpMethod.Post, "/labels", $$"""{"id": "{{id}}", "true_value": {{value}}, "confirmed_by": "bank"}""")).Status.ShouldBe(HttpStatusCode.Accepted);
            await Eventually.TrueAsync(async () => (await fixture.AskAsync(AccessRole.Viewer, HttpMethod.Get, $"/payments/{id}")).Text.Contains($"\"true_value\":{value}", StringComparison.Ordinal));
        }

        var audit = await fixture.AskAsync(AccessRole.Supervisor, HttpMethod.Get, $"/audit?action=label&subject={id}");

        audit.Text.ShouldContain("\"actor\": \"analyst\"");
        audit.Text.ShouldContain("\"before\": \"fraud\"");
        audit.Text.ShouldContain("\"after\": \"legitimate\"");
    }

    [Fact]
    public async Task Pages_of_the_audit_log_hold_every_change_once()
    {
        var (all, page) = (new List<string>(), "");
        do
        {
            var answer = System.Text.Json.JsonElement.Parse((await fixture.AskAsync(AccessRole.Supervisor, HttpMethod.Get, $"/audit?action=key&limit=2{page}")).Text);
            all.AddRange(answer.GetProperty("data").EnumerateArray().Select(entry => entry.GetProperty("subject").GetString() + entry.GetProperty("action").GetString()));
            page = answer.GetProperty("pagination").GetProperty("next_page_id").GetString() is { } next ? $"&page_id={next}" : "";
        }
        while (page.Length > 0);

        all.Count.ShouldBeGreaterThanOrEqualTo(5);
        all.ShouldBeUnique();
    }

    [Fact]
    public async Task People_sign_in_at_the_page_with_a_key_and_out_again()
    {
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var browser = new HttpClient(handler) { BaseAddress = _api.Client.BaseAddress };
        using var first = await browser.GetAsync("/ui/alerts");
        using var wrong = await SignInAsync(browser, "fsk_wrong");
        using var right = await SignInAsync(browser, fixture.Keys[AccessRole.Analyst]);
        using var page = await browser.GetAsync("/ui/alerts");
        using var settings = await browser.GetAsync("/ui/settings");
        using var away = await browser.PostAsync("/ui/sign-out", null);
        using var after = await browser.GetAsync("/ui/alerts");

        first.Headers.Location!.ToString().ShouldBe("/ui/sign-in?to=%2Fui%2Falerts");
        wrong.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await wrong.Content.ReadAsStringAsync()).ShouldContain("name=\"to\" value=\"/ui/alerts\"");
        right.Headers.Location!.ToString().ShouldBe("/ui/alerts");
        var cookie = right.Headers.GetValues("Set-Cookie").Single();
        cookie.ShouldContain("httponly");
        cookie.ShouldContain("samesite=lax");
        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        settings.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        away.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        after.StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [BrowserFact]
    public async Task A_viewer_sees_no_buttons_and_an_analyst_those_of_cases()
    {
        foreach (var role in (AccessRole[])[AccessRole.Viewer, AccessRole.Analyst, AccessRole.Supervisor, AccessRole.ModelOwner])
        {
            await using var browser = await Browser.StartAsync();
            await browser.GoToAsync(new Uri(_api.Client.BaseAddress!, "/ui/"));
            await browser.UntilAsync("document.querySelector('#key')");
            await browser.FillAsync("#key", fixture.Keys[role]);
            await browser.ClickAsync("button[type=submit]");
            await browser.UntilAsync("document.querySelector('.valve')");
            var valves = await browser.EvaluateAsync("document.querySelectorAll('.valve button').length");
            var who = await browser.EvaluateAsync("document.querySelector('.actor span').textContent");
            var settings = await browser.EvaluateAsync("[...document.querySelectorAll('nav a')].some(link => link.textContent === 'Settings')");
            await browser.GoToAsync(new Uri(_api.Client.BaseAddress!, "/ui/alerts"));
            await browser.UntilAsync("document.querySelector('.cases a')");
            await browser.ClickAsync(".cases a");
            await browser.UntilAsync("document.querySelector('.case .facts')");
            var decides = await browser.EvaluateAsync("document.querySelectorAll('.decide button').length");
            await browser.GoToAsync(new Uri(_api.Client.BaseAddress!, "/ui/models"));
            await browser.UntilAsync("document.querySelector('#history')");
            var models = await browser.EvaluateAsync("document.querySelectorAll('#cut ~ * form button, table button').length");

            who.GetString().ShouldBe(role.Name());
            settings.GetBoolean().ShouldBeFalse();
            (valves.GetInt32() > 0).ShouldBe(role == AccessRole.Supervisor, $"valves as {role}");
            (decides.GetInt32() > 0).ShouldBe(role is AccessRole.Analyst or AccessRole.Supervisor, $"cases as {role}");
            if (role != AccessRole.ModelOwner)
                models.GetInt32().ShouldBe(0, $"models as {role}");
            browser.Errors.ShouldBeEmpty();
        }
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/ui/\\evil")]
    public async Task Signing_in_leads_nowhere_else(string to)
    {
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var browser = new HttpClient(handler) { BaseAddress = _api.Client.BaseAddress };

        using var answer = await SignInAsync(browser, fixture.Keys[AccessRole.Viewer], to);

        answer.Headers.Location!.ToString().ShouldBe("/ui/");
    }

    [Fact]
    public async Task The_description_names_the_ways_to_show_a_key()
    {
        var description = System.Text.Json.JsonElement.Parse((await fixture.AskAsync(AccessRole.Viewer, HttpMethod.Get, "/openapi/v1.json")).Text);

        var schemes = description.GetProperty("components").GetProperty("securitySchemes");
        schemes.GetProperty("key").GetProperty("name").GetString().ShouldBe("X-Api-Key");
        schemes.GetProperty("bearer").GetProperty("scheme").GetString().ShouldBe("bearer");
        description.GetProperty("security").EnumerateArray().SelectMany(way => way.EnumerateObject()).Select(way => way.Name).ShouldBe(["bearer", "key"], ignoreOrder: true);
    }

    [Fact]
    public async Task Every_answer_has_the_headers_that_keep_browsers_out()
    {
        foreach (var path in (string[])["/livez", "/payments", "/ui/sign-in", "/none"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Origin", "https://other.example" } } };
            using var answer = await _api.Client.SendAsync(request);
            answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"], path);
            answer.Headers.GetValues("X-Frame-Options").ShouldBe(["DENY"], path);
            answer.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("frame-ancestors 'none'");
            answer.Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse(path);
            answer.Headers.Contains("Server").ShouldBeFalse(path);
        }
    }

    static Task<HttpResponseMessage> SignInAsync(HttpClient browser, string key, string to = "/ui/alerts") =>
        browser.PostAsync("/ui/sign-in", new FormUrlEncodedContent([KeyValuePair.Create("key", key), KeyValuePair.Create("to", to)]));
}
