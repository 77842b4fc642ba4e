using FraudStreams.Api;
using FraudStreams.Hosting;
using FraudStreams.Tests.Api;
using FraudStreams.Tests.Messaging.Kafka;
using FraudStreams.Tests.Storage;
using FraudStreams.Tests.WholeProgram;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Dashboard;

[AttributeUsage(AttributeTargets.Method)]
sealed class PageOnServersFactAttribute : FactAttribute
{
    public PageOnServersFactAttribute() => Skip = new BrowserFactAttribute().Skip ?? new KafkaFactAttribute().Skip ?? PostgresServer.WhyNot;
}

/// <summary>The page of a stream on Kafka and PostgreSQL.</summary>
[Trait("needs", "kafka, PostgreSQL, browser")]
[Collection(ServersCollection.Name)]
[Trait("Category", "Integration")]
public sealed class PageOnServersTests(SharedBroker broker, SharedPostgres postgres) : IClassFixture<SharedBroker>, IClassFixture<SharedPostgres>
{
    [PageOnServersFact]
    public async Task Each_view_opens_without_an_error_in_the_console()
    {
        using var folder = new StreamFolder(payments: 1_000);
        var store = postgres.NewStore();
        var password = folder.File("password");
        await File.WriteAllTextAsync(password, store.Password.Reveal());
        await using var api = await RunningApi.StartAsync(
            folder, "batch.wait=5ms", "topics.kind=kafka", $"topics.kafka.bootstrap-servers={broker.Servers}", $"topics.kafka.prefix=page{Guid.NewGuid():N}.", "topics.partitions=2", "store.kind=postgresql",
            $"store.postgresql.connection-string={store.Connection}", $"store.postgresql.schema={store.Schema}", $"store.postgresql.password-file={password}", "alerts.journal.kind=postgresql");
        var page = new Uri(api.Client.BaseAddress!, "/ui/");
        var id = await RecordedFraud.MakeAsync(api, folder, "servers", "Plain Shop");
        await DriftedStream.MakeAsync(api.Services.GetRequiredService<StreamOptions>().Settings, folder.File("drifted"), api.Services.GetRequiredService<RegistryAccess>());
        await using var browser = await Browser.StartAsync();

        foreach (var view in Views.With(id))
            await view.OpenAsync(browser, page);

        await browser.GoToAsync(new Uri(page, "drift"));
        await browser.UntilAsync("document.querySelector('#performance')");
        browser.Errors.ShouldBeEmpty();
    }
}
