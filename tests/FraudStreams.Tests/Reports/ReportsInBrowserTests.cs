using FraudStreams.Model.Evaluation.Promotion;
using FraudStreams.Model.Profiling;
using FraudStreams.ModelOps;
using FraudStreams.Simulation.Generation;
using FraudStreams.Tests.Dashboard;
using FraudStreams.Tests.ModelOps;
using FraudStreams.Tests.Simulation;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Reports;

/// <summary>Each report as a person opens it: from the disk, with nothing beside it.</summary>
[Collection(WholeProgramCollection.Second)]
[Trait("Category", "Integration")]
public sealed class ReportsInBrowserTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [BrowserFact]
    public async Task Each_report_opens_without_an_error_light_and_dark_wide_and_narrow()
    {
        await using var browser = await Browser.StartAsync();
        foreach (var (name, html) in Reports())
        {
            var file = Path.Combine(_folder, $"{name}.html");
            await File.WriteAllTextAsync(file, html);
            foreach (var (width, theme) in ((int, string)[])[(1440, "light"), (1440, "dark"), (390, "light")])
            {
                await browser.ResizeAsync(width, 900);
                await browser.ThemeAsync(theme);
                await browser.GoToAsync(new Uri(file));
                await browser.UntilAsync($"document.readyState === 'complete' && location.pathname.endsWith('/{name}.html')");

                (await browser.EvaluateAsync("document.documentElement.scrollWidth")).GetInt32().ShouldBeLessThanOrEqualTo(width, $"{name} at {width}");
                (await browser.EvaluateAsync("getComputedStyle(document.body).backgroundColor")).GetString().ShouldBe(theme == "dark" ? "rgb(15, 20, 27)" : "rgb(255, 255, 255)");
                (await browser.EvaluateAsync("document.querySelectorAll('figure').length")).GetInt32().ShouldBeGreaterThan(1, name);
                (await browser.EvaluateAsync("[...document.querySelectorAll('figure')].every(figure => figure.querySelector('svg').getBoundingClientRect().height > 30 && figure.querySelector('td'))")).GetBoolean().ShouldBeTrue(name);
                (await browser.EvaluateAsync("window.injected === undefined")).GetBoolean().ShouldBeTrue(name);
            }
        }

        browser.Errors.ShouldBeEmpty();
    }

    IEnumerable<(string Name, string Html)> Reports()
    {
        var file = Path.Combine(_folder, "payments.csv");
        GeneratedCsv.Write(file, new PaymentGenerator(TrainedModel.Generator(seed: 4)), 3_000);
        File.WriteAllText(file, File.ReadAllText(file).Replace(Category.All[0].Name, "<script>window.injected = 1</script>", StringComparison.Ordinal));
        yield return ("explore", ProfileHtml.Write(Histories.Quietly(progress => DatasetExplorer.Explore(file, TrainedModel.Schema, progress, default))));

        var evaluation = Histories.Quietly(progress => Evaluator.Evaluate(TrainedModel.Loaded, new CsvHistory(file, TrainedModel.Schema), progress, default));
        yield return ("evaluate", EvaluationHtml.Write([evaluation]));
        yield return ("compare", EvaluationHtml.Write([evaluation, evaluation with { ModelVersion = "<script>window.injected = 1</script>" }]));

        var payments = Enumerable.Range(0, 2_000).Select(row => new GatePayment(row, row * 864_000L, row % 8 == 0, row % 97 / 97.0, row % 97 > 90, row % 89 / 89.0, row % 89 > 80, row % 50)).ToArray();
        yield return ("gate", GateHtml.Write(PromotionGate.Judge("<script>window.injected = 1</script>", "two", payments, -1, long.MaxValue / 2, new GateRules())));
    }
}
