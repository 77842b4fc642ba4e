using System.Collections.Immutable;
using System.Text;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Simulation.Generation;
using FraudStreams.Tests.Simulation;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Dashboard;

/// <summary>Writes docs/images from a running program; docs/screenshots.sh calls it.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class ScreenshotFactAttribute : FactAttribute
{
    public ScreenshotFactAttribute() => Skip = Environment.GetEnvironmentVariable("FRAUDSTREAMS_WRITE_SCREENSHOTS") == "1" ? new BrowserFactAttribute().Skip : "writes docs/images when docs/screenshots.sh asks for it";
}

[Collection(WholeProgramCollection.Name)]
[Trait("Category", "Integration")]
public sealed class ScreenshotTests
{
    static readonly string[] s_bad =
    [
        """{"trans_num":"bad-1","unix_time":1736744400,"cc_num":"4000000000000002","amt":"a lot"}""", "no JSON, card 4000000000000002",
        """{"trans_num":"bad-2","unix_time":"yesterday","cc_num":"4000000000000002","amt":12.5}""", """{"unix_time":1736744400,"cc_num":"4000000000000002","amt":12.5}""",
    ];

    [ScreenshotFact]
    public async Task Screenshots_of_each_view()
    {
        using var folder = new TemporaryFolder();
        await using var program = FraudStreamsProcess.Start(folder, ["run", "--set", "api.port=0", "--set", "topics.partitions=2"]);
        await Eventually.TrueAsync(() => program.Output.Contains("Page: http", StringComparison.Ordinal), limitSeconds: 120, everyMilliseconds: 200);
        var address = PageOf(program);
        var data = Path.Combine(folder, "fraudstreams-data");

        // Something to see: a second model, records that are rejected, cases that are decided.
        var history = Path.Combine(folder, "history.csv");
        GeneratedCsv.Write(history, new PaymentGenerator(TrainedModel.Generator(seed: 3)), 20_000);
        await using (var train = FraudStreamsProcess.Start(folder, ["train", "--input", history, "--keep-champion", "--set", "model.trees=60"]))
            (await train.ExitAsync(180)).ShouldBe(0, train.Errors);
        await RejectAsync(data);
        await using var browser = await Browser.StartAsync();
        await DecideAsync(browser, address);
        await browser.GoToAsync(address);

        // The curves take their time.
        await Task.Delay(TimeSpan.FromSeconds(150));
        foreach (var (width, height) in ((int, int)[])[(1440, 900), (390, 844)])
        {
            foreach (var theme in (string[])["light", "dark"])
            {
                await browser.ResizeAsync(width, height);
                await WriteAsync(browser, new Uri(address, $"?theme={theme}"), $"live-{theme}-{width}", "document.querySelectorAll('.rz-chart svg path').length > 3");
                await WriteAsync(browser, new Uri(address, $"alerts?theme={theme}"), $"alerts-{theme}-{width}", "document.querySelectorAll('.cases li').length > 5");
                await WriteAsync(browser, new Uri(address, $"alerts?theme={theme}"), $"case-{theme}-{width}", "document.querySelectorAll('.cases li').length > 5", async () =>
                {
                    await browser.PressAsync("n");
                    await browser.UntilAsync("document.querySelector('.timeline')");
                });
                await WriteAsync(browser, new Uri(address, $"models?theme={theme}"), $"models-{theme}-{width}", "document.querySelector('.rz-chart svg path')");
                await WriteAsync(browser, new Uri(address, $"data?theme={theme}"), $"data-{theme}-{width}", "document.querySelector('#payments')");
                await WriteAsync(browser, new Uri(address, $"settings?theme={theme}"), $"settings-{theme}-{width}", "document.querySelectorAll('td code').length > 20");
            }
        }

        browser.Errors.ShouldBeEmpty();
    }

    [ScreenshotFact]
    public async Task Screenshots_of_drift()
    {
        const string isThere = "document.querySelector('.tag.failing') && document.body.innerText.includes('precision, by labels')";
        using var folder = new TemporaryFolder();
        await using var program = await StartDriftedAsync(folder);
        var address = new Uri(PageOf(program), "drift");
        await using var browser = await Browser.StartAsync();

        // Labels are counted when drift is looked at, and the view is as it was when it was opened.
        for (var look = 0; look < 30; look++)
        {
            await browser.GoToAsync(address);
            await browser.UntilAsync("document.querySelector('main .card')");
            if ((await browser.EvaluateAsync($"!!({isThere})")).GetBoolean())
                break;
            await Task.Delay(TimeSpan.FromSeconds(2));
        }

        foreach (var (width, height) in ((int, int)[])[(1440, 900), (390, 844)])
        {
            foreach (var theme in (string[])["light", "dark"])
            {
                await browser.ResizeAsync(width, height);
                await WriteAsync(browser, new Uri(address, $"?theme={theme}"), $"drift-{theme}-{width}", isThere);
                await browser.EvaluateAsync("document.getElementById('performance').scrollIntoView({ block: 'center' })");
                await Task.Delay(TimeSpan.FromSeconds(1));
                await SaveAsync(browser, $"performance-{theme}-{width}");
            }
        }

        browser.Errors.ShouldBeEmpty();
    }

    static Uri PageOf(FraudStreamsProcess program) => new(new Uri(program.Output.Split('\n').First(line => line.StartsWith("Page: ", StringComparison.Ordinal))["Page: ".Length..]), "ui/");

    /// <summary>After a month whose prices tripled in its middle; the version has learnt from the month before. Labels are known after two days.</summary>
    static async Task<FraudStreamsProcess> StartDriftedAsync(TemporaryFolder folder)
    {
        const int perDay = 800, days = 30;
        var generator = new PaymentGenerator(new GeneratorSettings { Seed = 5, PaymentsPerDay = perDay, FraudShare = 0.02 });
        var (history, later) = (Path.Combine(folder, "history.csv"), Path.Combine(folder, "later.csv"));
        GeneratedCsv.Write(history, generator, days * perDay);
        GeneratedCsv.Write(later, generator, days * perDay, from: days * perDay, payment => payment.Number < days * perDay * 3 / 2 ? payment : payment with { Cents = payment.Cents * 3 });
        foreach (var arguments in (string[][])[["train", "--input", history], ["run", "--input", later, "--until-drained", "--set", "speeds.speed_1=unlimited"]])
        {
            await using var command = FraudStreamsProcess.Start(folder, arguments);
            (await command.ExitAsync(180)).ShouldBe(0, command.Errors);
        }

        var program = FraudStreamsProcess.Start(folder, ["run", "--roles", "api,train", "--set", "api.port=0", "--set", "models.gate.every=2s", "--set", "models.gate.label-delay=2d"]);
        await program.LineAsync("Page: http");
        return program;
    }

    [ScreenshotFact]
    public async Task Screenshots_of_reports()
    {
        using var folder = new StreamFolder(payments: 40_000);
        await folder.ShouldDoAsync("explore", "--input", folder.Input, "--report", "explore.html");
        await folder.ShouldDoAsync("evaluate", "--input", folder.Input, "--report", "evaluation.html");
        await using var browser = await Browser.StartAsync();
        foreach (var (report, heading) in ((string, string)[])[("explore", "Amount"), ("evaluation", "Ranking and calibration")])
        {
            foreach (var (width, height) in ((int, int)[])[(1440, 900), (390, 844)])
            {
                foreach (var theme in (string[])["light", "dark"])
                {
                    await browser.ResizeAsync(width, height);
                    await browser.ThemeAsync(theme);
                    await browser.GoToAsync(new Uri(folder.File($"{report}.html")));
                    await browser.UntilAsync($"document.readyState === 'complete' && location.pathname.endsWith('/{report}.html')");
                    await browser.EvaluateAsync($"[...document.querySelectorAll('h2')].find(h => h.textContent === '{heading}').scrollIntoView()");
                    await SaveAsync(browser, $"report-{report}-{theme}-{width}");
                }
            }
        }

        browser.Errors.ShouldBeEmpty();
    }

    static async Task WriteAsync(Browser browser, Uri address, string name, string until, Func<Task>? then = null)
    {
        await browser.GoToAsync(address);
        await browser.UntilAsync(until, limitSeconds: 30);
        if (then is not null)
            await then();

        // Charts come in with a movement.
        await Task.Delay(TimeSpan.FromSeconds(6));
        await SaveAsync(browser, name);
    }

    static async Task SaveAsync(Browser browser, string name) =>
        await File.WriteAllBytesAsync(Path.Combine(Directory.CreateDirectory(Repository.PathOf("docs/images")).FullName, $"{name}.png"), await browser.ScreenshotAsync());

    static async Task RejectAsync(string data)
    {
        await using var topics = EmbeddedMessageLog.Open(
            new EmbeddedLogSettings(data, ImmutableSortedDictionary<string, int>.Empty.Add(TopicNames.Transactions, 2)), TimeProvider.System, _ => { });
        var batch = new RecordBatch(s_bad.Length);
        foreach (var bad in s_bad.Concat(s_bad[..2]))
            batch.Add(TopicNames.Transactions, "4000000000000002"u8, Encoding.UTF8.GetBytes(bad));
        await topics.PublishAsync(batch, default);
    }

    static async Task DecideAsync(Browser browser, Uri address)
    {
        await browser.GoToAsync(new Uri(address, "alerts"));
        foreach (var key in "fffllu")
        {
            await browser.UntilAsync("document.querySelector('.cases li')", limitSeconds: 60);
            await browser.PressAsync("n");
            await browser.UntilAsync("document.querySelector('.tag.investigating')");
            await browser.PressAsync(key.ToString());
            await browser.SeesAsync("Closed as");
        }
    }
}
