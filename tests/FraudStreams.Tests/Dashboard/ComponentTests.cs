using System.Collections.Immutable;
using Bunit;
using FraudStreams.Api;
using FraudStreams.Dashboard.Cases;
using FraudStreams.Dashboard.Live;
using FraudStreams.Dashboard.Payments;
using FraudStreams.Diagnostics;
using FraudStreams.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Dashboard;

[Trait("Category", "Unit")]
public sealed class ComponentTests : IDisposable
{
    const string Script = "<script>alert(1)</script><img src=x onerror=alert(2)>";

    readonly BunitContext _context = new();

    public void Dispose() => _context.Dispose();

    [Fact]
    public void Case_shows_what_payments_say_as_text()
    {
        var payment = new ShownPayment("p1", new DateTime(2026, 1, 2), "****0002", 99.5, Script, 0.97, true, "cards-1", new DateTime(2026, 1, 2), null, null)
        {
            Reasons = [new ShownReason(Script, 2)],
        };
        var shown = CaseView.Of(new CaseRecord(new CaseKey("4000000000000002", 1)), [payment], DateTimeOffset.UnixEpoch);

        var card = _context.Render<CaseCard>(parameters => parameters.Add(c => c.File, new CaseFile(shown, [payment, payment with { StoredId = "p0" }], [payment with { StoredId = "p2" }])).Add(c => c.Actor, "ann"));

        card.FindAll("script, img").ShouldBeEmpty();
        card.FindAll(".merchant")[0].TextContent.ShouldBe(Script);
        card.Markup.ShouldNotContain("4000000000000002");
    }

    [Fact]
    public void Case_of_somebody_else_cannot_be_decided()
    {
        var now = DateTimeOffset.UnixEpoch;
        var payment = new ShownPayment("p1", new DateTime(2026, 1, 2), "****0002", 99.5, "a shop", 0.97, true, "cards-1", new DateTime(2026, 1, 2), null, null);
        var held = new CaseRecord(new CaseKey("4000000000000002", 1)) { HeldBy = "bob", HeldUntil = now.AddMinutes(30) };

        var card = _context.Render<CaseCard>(parameters => parameters.Add(c => c.File, new CaseFile(CaseView.Of(held, [payment], now), [], [])).Add(c => c.Actor, "ann"));
        card.FindAll(".decide button").Where(button => !button.HasAttribute("disabled")).ShouldBeEmpty();
        card.Markup.ShouldContain("bob reads it");

        card.Render(parameters => parameters.Add(c => c.Actor, "bob"));
        card.FindAll(".decide button").Count(button => !button.HasAttribute("disabled")).ShouldBe(4);
    }

    [Fact]
    public void Case_has_no_buttons_for_who_may_only_look()
    {
        var payment = new ShownPayment("p1", new DateTime(2026, 1, 2), "****0002", 99.5, "a shop", 0.97, true, "cards-1", new DateTime(2026, 1, 2), null, null);
        var shown = CaseView.Of(new CaseRecord(new CaseKey("4000000000000002", 1)), [payment], DateTimeOffset.UnixEpoch);

        var card = _context.Render<CaseCard>(parameters => parameters.Add(c => c.File, new CaseFile(shown, [payment], [])).Add(c => c.Actor, "ann").Add(c => c.MayDecide, false));

        card.FindAll(".decide").ShouldBeEmpty();
        card.Markup.ShouldContain("a shop");
    }

    [Fact]
    public void Secret_fields_are_shown_for_a_reason_and_only_to_who_may_see_them()
    {
        var payment = new ShownPayment("p1", new DateTime(2026, 1, 2), "****0002", 99.5, "a shop", 0.97, true, "cards-1", new DateTime(2026, 1, 2), null, null);
        var shown = CaseView.Of(new CaseRecord(new CaseKey("4000000000000002", 1)), [payment], DateTimeOffset.UnixEpoch);
        var asked = new List<(string Id, string Why)>();
        var card = _context.Render<CaseCard>(parameters => parameters.Add(c => c.File, new CaseFile(shown, [], [])).Add(c => c.Actor, "ann"));
        card.FindAll(".unmask").ShouldBeEmpty();

        Func<string, string, Task<ImmutableArray<(string Name, string Value)>>> unmask = (id, why) =>
        {
            asked.Add((id, why));
            return asked.Count == 1 ? throw new RequestException(503, "unavailable", "", "the audit log is away") : Task.FromResult<ImmutableArray<(string Name, string Value)>>([("street", Script)]);
        };

        card.Render(parameters => parameters.Add(c => c.Unmask, unmask));
        card.Find(".unmask button").HasAttribute("disabled").ShouldBeTrue("there is no reason yet");
        card.Find(".unmask input").Input(" the customer asks ");
        card.Find(".unmask form").Submit();
        card.Find(".unmask .fault").TextContent.ShouldContain("the audit log is away");
        card.Find(".unmask form").Submit();

        asked.ShouldBe([("p1", "the customer asks"), ("p1", "the customer asks")]);
        card.Find(".unmask dd").TextContent.ShouldBe(Script);
        card.FindAll(".unmask form, .unmask .fault, script").ShouldBeEmpty();
    }

    [Fact]
    public void Start_shows_how_far_the_first_model_is()
    {
        var steps = new StartSteps();
        _context.Services.AddSingleton(steps);
        _context.Services.AddSingleton(TimeProvider.System);
        var panel = _context.Render<StartingPanel>();
        panel.FindAll("tr").ShouldBeEmpty();

        steps.Begin("Computing 20 features")(0.5);
        steps.Begin(Script)(0.25);

        panel.WaitForAssertion(() => panel.FindAll("tr").Select(row => row.TextContent).ShouldBe(["Computing 20 features100 %", $"{Script}25 %"]), TimeSpan.FromSeconds(20));
        panel.FindAll("script").ShouldBeEmpty();
    }

    [Fact]
    public void Graph_shows_rate_lag_and_what_fails()
    {
        var snapshot = new LiveSnapshot(DateTimeOffset.UnixEpoch, TimeSpan.FromMinutes(1))
        {
            Topics = LiveSnapshot.None.Topics.Add("transactions", new TopicRate("transactions", 1, 12_345, 200)).Add("predictions", new TopicRate("predictions", 1, 12_300, 199)),
            Groups = LiveSnapshot.None.Groups.Add("score", new GroupRate("score", 199, 45, 0, null)).Add("store", new GroupRate("store", 3.2, 2_000, 4, "the disk is full")),
            Valves = [("speed_1", Rate.Parse("200/s")), ("speed_2", Rate.Unlimited), ("speed_3", Rate.Unlimited)],
        };

        var graph = _context.Render<StreamGraph>(parameters => parameters.Add(g => g.Snapshot, snapshot).Add(g => g.Layout, GraphLayout.Wide));

        graph.Markup.ShouldContain("12,345");
        graph.Markup.ShouldContain("lag 45");
        graph.FindAll(".node.pipeline.failing").Count.ShouldBe(1);
        graph.FindAll(".node.pipeline.failing")[0].TextContent.ShouldContain("store");
        graph.FindAll(".edge.failing").Count.ShouldBe(2);
    }
}
