using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using FraudStreams.Api;
using FraudStreams.Dashboard.Live;
using FraudStreams.Hosting;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.ModelOps;
using FraudStreams.Tests.Api;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Dashboard;

/// <summary>The page of a running stream, asked for over HTTP and looked at in a real browser.</summary>
[Collection(WholeProgramCollection.Second)]
[Trait("Category", "Integration")]
public sealed class PageTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    readonly RunningApi _api = fixture.Api;

    Uri Page => new(_api.Client.BaseAddress!, "/ui/");

    [Fact]
    public async Task Page_and_its_files_come_from_the_program_alone()
    {
        using var answer = await _api.Client.GetAsync("/");
        var text = await answer.Content.ReadAsStringAsync();

        answer.RequestMessage!.RequestUri!.AbsolutePath.ShouldBe("/ui/");
        text.ShouldNotContain("http://");
        text.ShouldNotContain("https://");
        var policy = string.Join(' ', answer.Headers.GetValues("Content-Security-Policy"));
        policy.ShouldContain("default-src 'self'");
        policy.ShouldContain("frame-ancestors 'none'");
        foreach (var file in (string[])["assets/page.css", "assets/page.js", "assets/theme.js", "assets/default-base.css", "assets/dark-base.css", "assets/Radzen.Blazor.min.js", "_framework/blazor.web.js"])
        {
            using var found = await _api.Client.GetAsync(new Uri(Page, file));
            found.StatusCode.ShouldBe(HttpStatusCode.OK, file);
            using var again = new HttpRequestMessage(HttpMethod.Get, new Uri(Page, file)) { Headers = { { "If-None-Match", found.Headers.ETag!.Tag } } };
            (await _api.Client.SendAsync(again)).StatusCode.ShouldBe(HttpStatusCode.NotModified, file);
        }

        (await _api.Client.GetAsync(new Uri(Page, "assets/none.css"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Other_sites_steer_no_circuit()
    {
        var own = new UriBuilder(new Uri(Page, "_blazor")) { Scheme = "ws" }.Uri;
        using var mine = new ClientWebSocket();
        mine.Options.SetRequestHeader("Origin", Page.GetLeftPart(UriPartial.Authority));
        await mine.ConnectAsync(own, default);
        mine.State.ShouldBe(WebSocketState.Open);

        using var others = new ClientWebSocket();
        others.Options.SetRequestHeader("Origin", "http://evil.example");
        (await Should.ThrowAsync<WebSocketException>(() => others.ConnectAsync(own, default))).Message.ShouldContain("403");
        using var rebound = new HttpRequestMessage(HttpMethod.Get, Page) { Headers = { Host = "evil.example" } };
        (await _api.Client.SendAsync(rebound)).StatusCode.ShouldBe(HttpStatusCode.MisdirectedRequest);
    }

    [Fact]
    public async Task A_viewer_that_fails_ends_neither_the_looks_nor_the_stream()
    {
        var sampler = _api.Services.GetRequiredService<StreamSampler>();
        Action<LiveSnapshot> failing = _ => throw new InvalidOperationException("a viewer's fault");
        sampler.Watch(failing);
        for (var look = 0; look < 2; look++)
        {
            var before = sampler.Latest;
            await Eventually.TrueAsync(() => sampler.Latest != before, "another look", everyMilliseconds: 50);
        }

        sampler.Leave(failing);
        (await _api.Client.GetAsync("/livez")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [BrowserFact]
    public async Task Each_view_opens_without_an_error_in_the_console()
    {
        var id = await RecordFraudAsync("view", "Plain Shop");
        await using var browser = await Browser.StartAsync();
        foreach (var (width, height) in ((int, int)[])[(1440, 900), (390, 844)])
        {
            await browser.ResizeAsync(width, height);
            foreach (var view in Views.With(id))
            {
                await view.OpenAsync(browser, Page);
                (await browser.EvaluateAsync("document.documentElement.scrollWidth <= innerWidth")).GetBoolean().ShouldBeTrue($"{view.Path} is wider than {width}");
            }
        }

        browser.Errors.ShouldBeEmpty();
    }

    [AxeFact]
    public async Task No_view_has_a_serious_fault_of_accessibility()
    {
        var id = await RecordFraudAsync("axe", "Plain Shop");
        await DriftedStream.MakeAsync(_api.Services.GetRequiredService<StreamOptions>().Settings, fixture.Folder.File("drifted"), _api.Services.GetRequiredService<RegistryAccess>());
        await using var browser = await Browser.StartAsync();
        await browser.GoToAsync(new Uri(Page, "drift"));
        await browser.UntilAsync("document.querySelector('.tag.failing') && document.querySelector('#performance')");
        var faults = new List<string>();
        foreach (var (theme, width, height) in ((string, int, int)[])[("light", 1440, 900), ("dark", 390, 844)])
        {
            await browser.ThemeAsync(theme);
            await browser.ResizeAsync(width, height);
            foreach (var view in Views.With(id))
            {
                await view.OpenAsync(browser, Page);
                await browser.UntilAsync($"document.documentElement.dataset.theme === '{theme}'");
                faults.AddRange((await browser.AccessibilityFaultsAsync()).Select(fault => $"{view.Path}, {theme}: {fault}"));
            }
        }

        faults.ShouldBeEmpty();
    }

    [BrowserFact]
    public async Task A_fraud_goes_from_payment_to_alert_to_key_F_to_label()
    {
        var id = await RecordFraudAsync("fraud", "Key Shop");
        await using var browser = await Browser.StartAsync();
        await browser.GoToAsync(new Uri(Page, "alerts"));
        await browser.UntilAsync($"document.querySelector('ol.cases a[href=\"alerts/{id}\"]')");

        await browser.FillAsync("input[type=search]", "Key Shop");
        await browser.UntilAsync("document.querySelectorAll('.cases li').length === 1");
        await browser.ClickAsync(".cases a");
        await browser.UntilAsync("document.querySelector('.tag.investigating')");
        await browser.EvaluateAsync("document.querySelector('.unmask summary').click()");
        await browser.FillAsync(".unmask input", "the customer asks");
        await browser.UntilAsync("!document.querySelector('.unmask button').disabled");
        await browser.ClickAsync(".unmask button");
        await browser.UntilAsync("/^\\d{16}$/.test(document.querySelector('.unmask dd')?.textContent)");
        await browser.PressAsync("f");
        await browser.SeesAsync("Closed as fraud");
        await browser.PressAsync("z");
        await browser.SeesAsync("Undone");
        await browser.PressAsync("f");
        await browser.SeesAsync("Closed as fraud");

        await Eventually.TrueAsync(() => EmbeddedLog.ReadRecords(fixture.Folder.Data, TopicNames.Labels).Any(record => JsonElement.Parse(record.Value.Span).GetProperty("id").GetString() == id));
        await Eventually.TrueAsync(async () => (await _api.JsonAsync($"/payments/{id}")).GetProperty("true_value").ToString() == "1");
        (await _api.JsonAsync("/audit?action=payment.unmasked")).GetProperty("data").EnumerateArray().ShouldContain(entry => entry.GetProperty("subject").GetString() == id);
        browser.Errors.ShouldBeEmpty();
    }

    [BrowserFact]
    public async Task A_script_in_a_merchants_name_stays_text()
    {
        const string name = "<script>window.hit=1</script><img src=x onerror='window.hit=2'>";
        var id = await RecordFraudAsync("script", name);
        await using var browser = await Browser.StartAsync();

        foreach (var view in (string[])["alerts", $"alerts/{id}", "data"])
        {
            await browser.GoToAsync(new Uri(Page, view));
            await browser.UntilAsync($"[...document.querySelectorAll('.merchant')].some(found => found.textContent.includes({JsonSerializer.Serialize(name)}))");
            (await browser.EvaluateAsync("window.hit === undefined && !document.querySelector('main img')")).GetBoolean().ShouldBeTrue(view);
        }

        browser.Errors.ShouldBeEmpty();
    }

    [BrowserFact]
    public async Task A_valve_that_is_turned_holds_in_the_stream()
    {
        var rates = _api.Services.GetRequiredService<StreamService>().Rates;
        await using var browser = await Browser.StartAsync();
        await browser.GoToAsync(Page);
        await browser.UntilAsync("document.querySelector('#speed_2-text')");

        await browser.FillAsync("#speed_2-text", "123/s");
        await browser.ClickAsync(".valve:nth-of-type(2) button[type=submit]");
        await Eventually.TrueAsync(() => rates.Speed2.Speed.ToString() == "123/s");
        await browser.UntilAsync("document.querySelector('#speed_2-now').textContent === '123/s'");
        await browser.FillAsync("#speed_2-text", "fast");
        await browser.ClickAsync(".valve:nth-of-type(2) button[type=submit]");
        await browser.SeesAsync("is no rate");
        await browser.FillAsync("#speed_2-text", "unlimited");
        await browser.ClickAsync(".valve:nth-of-type(2) button[type=submit]");

        await Eventually.TrueAsync(() => rates.Speed2.Speed.IsUnlimited);
        _api.Log.ShouldContain("speed_2 changed from unlimited to 123/s");
        browser.Errors.ShouldBeEmpty();
    }

    [BrowserFact]
    public async Task A_promotion_and_a_rollback_on_the_page_switch_the_model_that_scores()
    {
        var first = TrainedModel.Loaded.Version;
        var elsewhere = new LocalModels(fixture.Folder.File("elsewhere"), TimeProvider.System);
        var second = TrainedModel.Train(elsewhere, seed: 5).Version;
        await _api.Services.GetRequiredService<RegistryAccess>().AskAsync(
            async models =>
            {
                await models.ImportAsync(new LocalModels(fixture.Folder.Data, TimeProvider.System).FolderOf(first), "a test", why: null, default);
                await models.PromoteAsync(first, "a test", "as a start of the program does", default);
                return await models.ImportAsync(elsewhere.FolderOf(second), "a test", why: null, default);
            },
            default);
        await using var browser = await Browser.StartAsync();
        await browser.GoToAsync(new Uri(Page, "models"));

        await ClickInRowAsync(second, "Promote");
        await SayWhyAsync("the page's test");
        await browser.SeesAsync($"{second} is in service.");
        await Eventually.TrueAsync(async () => await ScoringVersionAsync() == second, "the version promoted scores");
        await ClickInRowAsync(second, "Roll back");
        await SayWhyAsync("back again");
        await browser.SeesAsync($"{first} is in service.");
        await Eventually.TrueAsync(async () => await ScoringVersionAsync() == first, "the former version scores");
        await browser.SeesAsync("the page's test");

        browser.Errors.ShouldBeEmpty();

        async Task ClickInRowAsync(string version, string button)
        {
            var found = $"[...document.querySelectorAll('main tr')].filter(row => row.querySelector('code')?.textContent === '{version}').flatMap(row => [...row.querySelectorAll('button')]).find(button => button.textContent === '{button}')";
            await browser.UntilAsync(found);
            await browser.EvaluateAsync($"{found}.click()");
        }

        async Task SayWhyAsync(string why)
        {
            await browser.UntilAsync("document.querySelector('#why')");
            await browser.FillAsync("#why", why);
            await browser.ClickAsync("form.change button.main");
        }

        async Task<string> ScoringVersionAsync() => (await _api.AskAsync("/predict", $"[{RecordedFraud.PaymentsOf(fixture.Folder).First().ToJsonString()}]")).GetProperty("predictions")[0].GetProperty("model_version").GetString()!;
    }

    [BrowserFact]
    public async Task A_host_that_is_away_is_said_to_be_and_the_page_goes_on_when_it_is_back()
    {
        using var folder = new StreamFolder(payments: 10);
        await using var browser = await Browser.StartAsync();
        int port;
        await using (var first = await RunningApi.StartAsync(folder))
        {
            port = first.Client.BaseAddress!.Port;
            await browser.GoToAsync(new Uri(first.Client.BaseAddress, "/ui/"));
            await browser.UntilAsync("document.querySelector('#payments-rate')");
        }

        await browser.UntilAsync("getComputedStyle(document.getElementById('components-reconnect-modal')).display === 'block'");
        await using var second = await RunningApi.StartAsync(folder, $"api.port={port}");

        await browser.UntilAsync("document.querySelector('#payments-rate') && getComputedStyle(document.getElementById('components-reconnect-modal')).display === 'none'", limitSeconds: 30);
    }

    Task<string> RecordFraudAsync(string name, string merchant) => RecordedFraud.MakeAsync(_api, fixture.Folder, name, merchant);
}
