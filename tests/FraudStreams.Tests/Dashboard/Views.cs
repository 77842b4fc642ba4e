namespace FraudStreams.Tests.Dashboard;

/// <summary>A view of the page, and how its browser sees that it is all there.</summary>
sealed record View(string Path, string Shown)
{
    public async Task OpenAsync(Browser browser, Uri page)
    {
        await browser.GoToAsync(new Uri(page, Path));
        await browser.UntilAsync(Shown);
    }
}

static class Views
{
    /// <param name="alert">The id of a payment that was alerted.</param>
    public static View[] With(string alert) =>
    [
        new("", "document.querySelector('#payments-rate')"),
        new("alerts", "document.querySelector('.cases') && !document.body.innerText.includes('Reading …')"),
        new($"alerts/{alert}", "document.querySelector('.tag.investigating')"),
        new("models", "document.querySelector('#history') && !document.body.innerText.includes('Reading …')"),
        new("drift", "document.querySelector('main .card')"),
        new("data", "document.querySelector('#payments') && document.querySelector('#schema')"),
        new("settings", "document.querySelectorAll('td code').length > 20"),
    ];
}
