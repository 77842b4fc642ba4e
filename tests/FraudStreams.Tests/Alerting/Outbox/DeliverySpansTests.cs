using System.Diagnostics;
using FraudStreams.Alerting;
using FraudStreams.Alerting.Channels;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Diagnostics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting.Outbox;

[Trait("Category", "Unit")]
public sealed class DeliverySpansTests : IDisposable
{
    const string First = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", Second = "00-1bf7651916cd43dd8448eb211c80319c-c8ad6b7169203331-01";

    readonly List<Activity> _ended = [];
    readonly ActivityListener _listener;

    public DeliverySpansTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == StreamTraces.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                lock (_ended)
                    _ended.Add(span);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>What sends it can hand the trace on, as HTTP clients do.</summary>
    [Fact]
    public async Task One_alert_is_sent_within_its_trace()
    {
        var current = await SendAsync([Traced("one", First)]);

        current.ShouldNotBeNull().ShouldStartWith("00-0af7651916cd43dd8448eb211c80319c-");
        var span = Of(current);
        (span.DisplayName, span.ParentSpanId.ToHexString()).ShouldBe(("send a channel", "b7ad6b7169203331"));
        Activity.Current.ShouldBeNull();
    }

    [Fact]
    public async Task A_digest_has_a_trace_of_its_own_that_links_to_its_alerts()
    {
        var span = Of((await SendAsync([Traced("one", First), Traced("two", Second), Traced("three", null)])).ShouldNotBeNull());

        span.ParentId.ShouldBeNull();
        span.Links.Select(link => link.Context.SpanId.ToHexString()).ShouldBe(["b7ad6b7169203331", "c8ad6b7169203331"]);
    }

    [Fact]
    public async Task An_alert_without_a_trace_begins_none() => (await SendAsync([Traced("one", null)])).ShouldBeNull();

    [Fact]
    public async Task A_message_that_fails_is_a_span_with_an_error()
    {
        string? current = null;
        var transport = new ScriptedTransport(_ =>
        {
            current = Activity.Current?.Id;
            throw new AlertDeliveryException(DeliveryFault.Unavailable, "nobody answers");
        });

        await Should.ThrowAsync<AlertDeliveryException>(() => new InFlightDeliveries().Start("a channel", transport, AlertMessage.Of([Traced("one", First)], [])));

        Of(current.ShouldNotBeNull()).Status.ShouldBe(ActivityStatusCode.Error);
    }

    /// <returns>The span that was current while the message was sent.</returns>
    static async Task<string?> SendAsync(Alert[] alerts)
    {
        string? current = null;
        var transport = new ScriptedTransport(_ =>
        {
            current = Activity.Current?.Id;
            return Task.FromResult(Delivery.Complete);
        });
        await new InFlightDeliveries().Start("a channel", transport, AlertMessage.Of([.. alerts], []));
        return current;
    }

    static Alert Traced(string id, string? traceParent) => new(id, id, 0.9, "key", null) { TraceParent = traceParent };

    Activity Of(string id)
    {
        lock (_ended)
            return _ended.Single(span => span.Id == id);
    }
}
