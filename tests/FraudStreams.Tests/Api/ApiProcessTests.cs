using System.Text;
using System.Text.RegularExpressions;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Api;

/// <summary>The built program: its ports, who answers for a card, and that nothing of the web server is loaded elsewhere.</summary>
[Collection(WholeProgramCollection.Second)]
[Trait("Category", "Integration")]
public sealed partial class ApiProcessTests
{
    /// <summary>On one data folder the second waits for the first's partitions, and says so until it has them.</summary>
    [Fact]
    public async Task Of_two_processes_the_one_that_has_the_card_answers_and_the_other_after_it()
    {
        using var folder = new StreamFolder(payments: 50);
        var payment = Encoding.UTF8.GetString(FraudStreams.Messaging.Sqlite.EmbeddedLog.ReadRecords(await ProducedAsync(folder), FraudStreams.Topics.TopicNames.Transactions).First().Value.Span);
        await using var first = folder.Start("run", "--roles", "score", "api");
        using var firstClient = await ClientAsync(first);
        await Eventually.TrueAsync(async () => (await AskAsync(firstClient, payment)).Status == 200, limitSeconds: 60, everyMilliseconds: 50);
        await using var second = folder.Start("run", "--roles", "score", "api");
        using var secondClient = await ClientAsync(second);
        await second.LineAsync("this process waits and takes over when it is gone");

        var elsewhere = await AskAsync(secondClient, payment);
        var score = await AskAsync(firstClient, payment);
        await first.TerminateAsync();
        (await first.ExitAsync()).ShouldBe(0, first.Errors);
        var after = elsewhere;
        await Eventually.TrueAsync(async () => (after = await AskAsync(secondClient, payment)).Status == 200, everyMilliseconds: 50);

        firstClient.BaseAddress!.Port.ShouldNotBe(secondClient.BaseAddress!.Port);
        elsewhere.Status.ShouldBe(503);
        elsewhere.Body.ShouldContain("urn:fraudstreams:problem:elsewhere");
        elsewhere.Body.ShouldContain("transactions/0");
        after.Body.ShouldBe(score.Body);
        await second.TerminateAsync();
        (await second.ExitAsync()).ShouldBe(0, second.Errors);
    }

    [Fact]
    public async Task A_port_set_by_hand_that_is_taken_stops_the_start_with_the_reason()
    {
        using var folder = new StreamFolder(payments: 50);
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var port = ((System.Net.IPEndPoint)taken.LocalEndpoint).Port;

        await using var run = await folder.RunAsync("run", "--set", $"api.port={port}");

        (await run.ExitAsync()).ShouldBe(2);
        run.Errors.ShouldContain($"fraudstreams.api.port = {port}: nothing can listen there");
        File.Exists(Path.Combine(folder.Data, "topics.db")).ShouldBeFalse();
    }

    /// <summary>Without the role score there is nobody to ask, and the rest answers.</summary>
    [Fact]
    public async Task A_process_that_does_not_score_says_so()
    {
        using var folder = new StreamFolder(payments: 50);
        await using var api = await RunningApi.StartAsync(folder, "roles=[store, api]");

        var (status, _, text) = await api.PostAsync("/predict", "[]");

        status.ShouldBe(503);
        text.ShouldContain("without the role score");
        ((int)(await api.Client.GetAsync("/ping")).StatusCode).ShouldBe(404);
        ((int)(await api.Client.GetAsync("/v2/health/ready")).StatusCode).ShouldBe(400);
        (await api.TextAsync("/readyz")).ShouldBe("ok");
    }

    static async Task<string> ProducedAsync(StreamFolder folder)
    {
        await folder.ShouldDoAsync("simulate", "--input", folder.Input, "--set", "speeds.speed_1=unlimited");
        return folder.Data;
    }

    static async Task<HttpClient> ClientAsync(FraudStreamsProcess process)
    {
        await process.LineAsync("The API answers at ");
        return new HttpClient { BaseAddress = new Uri(Address().Match(process.Output).Value) };
    }

    static async Task<(int Status, string Body)> AskAsync(HttpClient client, string payment)
    {
        using var content = new StringContent(payment, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
        using var answer = await client.PostAsync("/predict", content);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+/")]
    private static partial Regex Address();
}
