using System.Net.Http.Headers;
using FraudStreams.Sqlite;
using FraudStreams.Tests.Messaging.Kafka;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Api;

/// <summary>What a collector of OpenTelemetry gets of a running stream.</summary>
[Collection(MetricsCollection.Name)]
[Trait("Category", "Integration")]
public sealed class TracesTests(SharedBroker broker) : IClassFixture<SharedBroker>
{
    const int Payments = 400;

    [Fact]
    public Task A_fraud_is_one_trace_from_its_producer_to_the_mail() => OneTraceAsync("fraudstreams");

    [KafkaFact]
    [Trait("needs", "kafka")]
    public Task A_fraud_is_one_trace_on_Kafka_as_well() => OneTraceAsync(
        "kafka", "topics.kind=kafka", $"topics.kafka.bootstrap-servers={broker.Servers}", $"topics.kafka.prefix=traces{Guid.NewGuid():N}.", "topics.partitions=3");

    /// <summary>Without a sample only who calls with a trace of its own has one, and frauds have theirs from scoring on.</summary>
    [Fact]
    public async Task The_trace_of_a_caller_goes_on_whatever_the_sample_says()
    {
        const string Trace = "0af7651916cd43dd8448eb211c80319c", Caller = "b7ad6b7169203331";
        using var folder = new StreamFolder(payments: 20);
        var payments = ProtocolsTests.JsonOf(folder.Input);
        await using var collector = await OtlpReceiver.StartAsync();
        await using (var api = await RunningApi.StartAsync(folder, $"api.otlp-endpoint={collector.Address}", "traces.sample=0.000001", "batch.wait=5ms"))
        {
            await Eventually.TrueAsync(async () => (await api.PostAsync("/predict?mode=record", payments[0])).Status == 200);
            using var content = new StringContent(payments[1], new MediaTypeHeaderValue("application/json"));
            content.Headers.Add("traceparent", $"00-{Trace}-{Caller}-01");
            (await api.Client.PostAsync("/predict?mode=record", content)).IsSuccessStatusCode.ShouldBeTrue();
        }

        var spans = collector.Spans.Where(span => span.Trace == Trace).ToList();
        spans.Single(span => span.Name == "send transactions").Parent.ShouldBe(Caller);
        spans.Single(span => span.Name == "process transactions").Parent.ShouldBe(spans.Single(span => span.Name == "send transactions").Id);
        collector.Spans.Count(span => span.Name == "send transactions").ShouldBe(1);
    }

    [Fact]
    public async Task Without_a_sample_there_is_no_trace_and_records_carry_none()
    {
        using var folder = new StreamFolder(Payments);
        await using var collector = await OtlpReceiver.StartAsync();
        await using (var api = await RunningApi.StartAsync(folder, Settings(folder, $"api.otlp-endpoint={collector.Address}")))
            await DoneAsync(api);

        collector.Spans.ShouldBeEmpty();
        collector.Logs.ShouldContain(line => line.StartsWith("The API answers at ", StringComparison.Ordinal));
        using var file = SqliteFile.Open(Path.Combine(folder.Data, "topics.db"), SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        foreach (var topic in (string[])[TopicNames.Transactions, TopicNames.Predictions])
            file.QueryLong($"""SELECT count(*) - count(trace) FROM "{topic}/0" """).ShouldBe(Payments);
    }

    async Task OneTraceAsync(string system, params string[] topics)
    {
        using var folder = new StreamFolder(Payments);
        await using var collector = await OtlpReceiver.StartAsync();
        var frauds = 0;
        await using (var api = await RunningApi.StartAsync(folder, Settings(folder, [$"api.otlp-endpoint={collector.Address}", "traces.sample=100%", .. topics])))
            frauds = await DoneAsync(api);

        // What was not sent yet is sent when the host ends.
        var spans = collector.Spans.ToList();
        var byId = spans.ToDictionary(span => span.Id);
        spans.Count(span => span.Name == "send transactions").ShouldBe(Payments);
        var mails = spans.Where(span => span.Name == "send mail").ToList();
        mails.Count.ShouldBe(frauds);
        foreach (var mail in mails)
        {
            var alert = byId[mail.Parent];
            var scored = byId[alert.Parent];
            var sent = byId[scored.Parent];
            (sent.Name, scored.Name, alert.Name).ShouldBe(("send transactions", "process transactions", "process predictions"));
            sent.Parent.ShouldBeEmpty();
            new[] { sent, scored, alert, mail }.Select(span => span.Trace).Distinct().Count().ShouldBe(1);
            (sent.Start <= scored.Start && scored.Start <= alert.Start && alert.Start <= mail.Start).ShouldBeTrue();
            scored.Attributes["fraudstreams.prediction"].ShouldBe("fraud");
        }

        ShouldLinkBatches(spans, byId, mails.Select(mail => byId[byId[mail.Parent].Parent].Id));
        spans.Where(span => span.Name != "send mail").ShouldAllBe(span => span.Attributes["messaging.system"] == system);
        ShouldHoldNothingOf(spans, folder);
    }

    /// <summary>A batch is a trace of its own: it has several payments. It links to all of its alerts, and to some others.</summary>
    static void ShouldLinkBatches(List<ReceivedSpan> spans, Dictionary<string, ReceivedSpan> byId, IEnumerable<string> alerts)
    {
        var polls = spans.Where(span => span.Name == "poll transactions").ToList();
        polls.ShouldNotBeEmpty();
        polls.ShouldAllBe(poll => poll.Parent.Length == 0);
        foreach (var name in (string[])["process transactions", "settle transactions"])
            spans.Where(span => span.Name == name && polls.Any(poll => poll.Id == span.Parent)).Count().ShouldBe(polls.Count);
        foreach (var poll in polls)
        {
            poll.Links.ShouldAllBe(link => byId[link.Span].Name == "process transactions");
            poll.Links.Count(link => byId[link.Span].Attributes["fraudstreams.prediction"] == "legitimate").ShouldBeLessThanOrEqualTo(32);
        }

        var linked = polls.SelectMany(poll => poll.Links).Select(link => link.Span).ToHashSet();
        alerts.ShouldAllBe(alert => linked.Contains(alert));
        polls.Sum(poll => int.Parse(poll.Attributes["messaging.batch.message_count"])).ShouldBe(Payments);
    }

    static void ShouldHoldNothingOf(List<ReceivedSpan> spans, StreamFolder folder)
    {
        var lines = File.ReadLines(folder.Input).Select(line => line.Split(',')).ToList();
        var secrets = lines.Skip(1).SelectMany(line => line.Zip(lines[0])).Where(value => value.Second is "cc_num" or "trans_num" or "merchant" or "first" or "last").Select(value => value.First)
            .Where(value => value.Length > 3).ToHashSet();
        secrets.Count.ShouldBeGreaterThan(Payments);
        spans.SelectMany(span => span.Attributes.Values.Append(span.Name)).Where(secrets.Contains).ShouldBeEmpty();
    }

    static string[] Settings(StreamFolder folder, params string[] more) =>
        ["roles=[simulate, score, alert, store, api]", $"simulate.input={folder.Input}", "speeds.speed_1=unlimited", "batch.size=100", "batch.wait=20ms", .. more];

    /// <returns>How many frauds were predicted, each of which was alerted.</returns>
    static async Task<int> DoneAsync(RunningApi api)
    {
        var status = await api.JsonAsync("/status");
        await Eventually.TrueAsync(async () =>
        {
            status = await api.JsonAsync("/status");
            return status.GetProperty("stored").GetInt64() == Payments && status.GetProperty("alerts").GetInt64() == status.GetProperty("predicted_frauds").GetInt64();
        }, everyMilliseconds: 50);
        var frauds = status.GetProperty("predicted_frauds").GetInt32();
        frauds.ShouldBeGreaterThan(0);
        return frauds;
    }
}
