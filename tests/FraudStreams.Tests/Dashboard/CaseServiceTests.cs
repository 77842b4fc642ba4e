using System.Collections.Immutable;
using System.Text;
using FraudStreams.Dashboard.Cases;
using FraudStreams.Dashboard.Payments;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Storage.Sqlite;
using FraudStreams.Tests.Messaging;
using FraudStreams.Tests.Messaging.Sqlite;
using FraudStreams.Tests.Storage;
using FraudStreams.Topics;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Dashboard;

/// <summary>Cases on two hosts that share their topics, at a clock that a test moves.</summary>
[Trait("Category", "Unit")]
public sealed class CaseServiceTests : IAsyncLifetime
{
    static readonly CaseKey s_key = new("4000000000000002", 20_000);

    readonly TemporaryFolder _folder = new();
    readonly ManualTime _time = new();
    readonly Host _one;
    readonly Host _other;

    public CaseServiceTests() => (_one, _other) = (new Host(_folder, _time), new Host(_folder, _time));

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _one.DisposeAsync();
        await _other.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_case_that_two_hosts_decide_at_once_is_decided_once()
    {
        for (var round = 0; round < 20; round++)
        {
            var shown = CaseOf(new CaseKey("4000000000000002", 30_000 + round), $"p{round}");
            var both = await Task.WhenAll(
                TryAsync(() => _one.Desk.DecideAsync(shown, Outcome.Fraud, "ann")), TryAsync(() => _other.Desk.DecideAsync(shown, Outcome.Legitimate, "bob")));

            both.Count(isDone => isDone).ShouldBe(1);
            await _one.Book.RefreshAsync(default);
            await _other.Book.RefreshAsync(default);
            _one.Book[shown.Key].Decision!.Id.ShouldBe(_other.Book[shown.Key].Decision!.Id);
            _one.Book[shown.Key].Decision!.Actor.ShouldBe(both[0] ? "ann" : "bob");
        }

        await PublishAllAsync();
        Labels().Count.ShouldBe(20);
        Labels().Select(label => label.Id).ShouldBeUnique();
    }

    [Fact]
    public async Task A_case_that_is_read_is_held_for_thirty_minutes()
    {
        var shown = CaseOf(s_key, "p1");
        await _one.Desk.HoldAsync(shown, "ann");

        (await Should.ThrowAsync<CaseConflictException>(() => _other.Desk.HoldAsync(shown, "bob"))).Message.ShouldContain("ann reads it");
        (await Should.ThrowAsync<CaseConflictException>(() => _other.Desk.DecideAsync(shown, Outcome.Fraud, "bob"))).Message.ShouldContain("ann reads it");
        StateAt(_other, shown).ShouldBe(CaseState.Investigating);

        _time.Advance(TimeSpan.FromMinutes(30));
        StateAt(_other, shown).ShouldBe(CaseState.Pending);
        await _other.Desk.DecideAsync(shown, Outcome.Fraud, "bob");
        StateAt(_other, shown).ShouldBe(CaseState.Closed);
    }

    [Fact]
    public async Task What_was_read_of_cases_holds_though_the_next_read_fails()
    {
        var second = new CaseKey("4000000000000002", 20_001);
        await _one.Desk.HoldAsync(CaseOf(s_key, "p1"), "ann");
        await _one.Desk.HoldAsync(CaseOf(second, "p2"), "ann");
        var interrupted = new InterruptedLog(EmbeddedMessageLog.Open(LogOf.Settings(_folder, 1, TopicNames.Cases) with { ChunkRecords = 1 }, TimeProvider.System, _ => { })) { ChunksUntilFault = 1 };
        await using var book = new CaseLog(() => interrupted);

        await Should.ThrowAsync<MessageLogException>(() => book.RefreshAsync(default));

        book[s_key].HeldBy.ShouldBe("ann");
        await book.RefreshAsync(default);
        book[s_key].HeldBy.ShouldBe("ann");
        book[second].HeldBy.ShouldBe("ann");
    }

    [Fact]
    public async Task A_case_that_is_put_back_is_free_at_once()
    {
        var shown = CaseOf(s_key, "p1");
        await _one.Desk.HoldAsync(shown, "ann");
        await _other.Desk.ReleaseAsync(shown, "bob");
        await _one.Desk.ReleaseAsync(shown, "ann");

        await _other.Desk.HoldAsync(shown, "bob");

        _other.Book[s_key].HeldBy.ShouldBe("bob");
    }

    [Fact]
    public async Task Labels_of_a_decision_are_published_once_it_cannot_be_undone()
    {
        await _one.Desk.DecideAsync(CaseOf(s_key, "p1", "p2"), Outcome.Fraud, "ann");
        await _one.Desk.PublishDueAsync(default);
        Labels().ShouldBeEmpty();

        _time.Advance(CaseService.UndoWithin + TimeSpan.FromSeconds(2));
        await _one.Desk.PublishDueAsync(default);
        await _one.Desk.PublishDueAsync(default);

        Labels().ShouldBe(new[] { "p1", "p2" }.Select(id => new Label(id, true, _time.Start.ToUnixTimeMilliseconds(), "ann")), ignoreOrder: true);
        (await Should.ThrowAsync<CaseConflictException>(() => _one.Desk.UndoAsync(s_key, "ann"))).Message.ShouldContain("too late");
    }

    [Fact]
    public async Task A_decision_that_is_undone_leaves_no_label_and_is_open_again()
    {
        var shown = CaseOf(s_key, "p1");
        await _one.Desk.DecideAsync(shown, Outcome.Fraud, "ann");
        await Should.ThrowAsync<CaseConflictException>(() => _other.Desk.UndoAsync(s_key, "bob"));

        await _one.Desk.UndoAsync(s_key, "ann");
        await PublishAllAsync();

        Labels().ShouldBeEmpty();
        await _one.Desk.DecideAsync(shown, Outcome.Legitimate, "ann");
        await PublishAllAsync();
        Labels().Single().Fraud.ShouldBeFalse();
    }

    [Fact]
    public async Task Labels_of_a_host_that_has_gone_are_published_by_another()
    {
        await _one.Desk.DecideAsync(CaseOf(s_key, "p1"), Outcome.Legitimate, "ann");
        await _other.Book.RefreshAsync(default);
        _time.Advance(TimeSpan.FromSeconds(31));

        await _other.Desk.PublishDueAsync(default);

        Labels().Single().ShouldBe(new Label("p1", false, _time.Start.ToUnixTimeMilliseconds(), "ann"));
    }

    [Fact]
    public async Task An_alert_that_comes_after_the_decision_opens_the_case_for_itself_alone()
    {
        await _one.Desk.DecideAsync(CaseOf(s_key, "p1"), Outcome.Fraud, "ann");
        var later = CaseOf(s_key, "p1", "p2");
        StateAt(_one, later).ShouldBe(CaseState.Pending);

        await _one.Desk.DecideAsync(later, Outcome.Legitimate, "ann");
        await PublishAllAsync();

        Labels().Select(label => (label.Id, label.Fraud)).ShouldBe([("p1", true), ("p2", false)], ignoreOrder: true);
        _one.Book[s_key].Decided.ShouldBe(ImmutableDictionary<string, Outcome>.Empty.Add("p1", Outcome.Fraud).Add("p2", Outcome.Legitimate), ignoreOrder: true);
    }

    [Fact]
    public async Task Unsure_closes_a_case_without_a_label()
    {
        await _one.Desk.DecideAsync(CaseOf(s_key, "p1"), Outcome.Unsure, "ann");
        await PublishAllAsync();

        Labels().ShouldBeEmpty();
        StateAt(_one, CaseOf(s_key, "p1")).ShouldBe(CaseState.Closed);
    }

    [Fact]
    public async Task Alerts_whose_ids_look_the_same_once_they_are_cut_are_all_in_the_queue()
    {
        var settings = new SqliteStoreSettings(_folder);
        await using var store = Predictions.Open(settings);
        var id = new string('x', 250);
        await store.WriteAsync(Predictions.Records(Predictions.Json($"{id}1", 0.9), Predictions.Json($"{id}2", 0.8)));
        await using var payments = new PaymentLookup(new SqlitePaymentReader(settings, Predictions.Schema), Predictions.Schema);
        using var queue = new CaseQueue(payments, _one.Book, _time);

        for (var read = 0; read < 2; read++)
            (await queue.ReadAsync(isChanged: true)).SelectMany(found => found.Alerts).Select(alert => alert.Score).ShouldBe([0.9, 0.8], ignoreOrder: true);
    }

    [Theory]
    [InlineData("4000000000000002", "4000000000000010")]
    [InlineData("8000000000000002-1", "8000000000000010-1")]
    public async Task Alerts_whose_ids_look_the_same_once_they_are_masked_are_found_and_decided_by_their_own(string first, string second)
    {
        var schema = TransactionSchema.Create(new SchemaDraft(
            "secret ids", [new("id", FieldType.Text) { Secret = true }, new("at", FieldType.Time) { TimeFormats = [TimeFormat.UnixMilliseconds] }, new("card", FieldType.Text) { Secret = true }, new("amount", FieldType.Number)],
            new SchemaRoles("id", "at", "amount") { Card = "card" })
        {
            Features = [new NumberFeature("amount", "amount")],
        });
        var settings = new SqliteStoreSettings(_folder);
        await using var store = Predictions.Open(settings, schema);
        await store.WriteAsync(Predictions.Records(Predictions.Json(first, 0.9), Predictions.Json(second, 0.8)));
        await using var payments = new PaymentLookup(new SqlitePaymentReader(settings, schema), schema);
        using var queue = new CaseQueue(payments, _one.Book, _time);
        var shown = (await queue.ReadAsync(isChanged: true)).ShouldHaveSingleItem();

        var file = (await queue.FindAsync(shown.Address)).ShouldNotBeNull();
        await _one.Desk.DecideAsync(file.Case, Outcome.Fraud, "ann");
        await PublishAllAsync();

        Labels().Select(label => label.Id).ShouldBe([first, second], ignoreOrder: true);
        (await queue.ReadAsync(isChanged: true)).ShouldHaveSingleItem().State.ShouldBe(CaseState.Closed);
        foreach (var alert in file.Case.Alerts)
            $"{alert} {shown.Address}".ShouldNotContain(alert.StoredId);
        (await _one.Book.ReadAuditAsync(default)).ShouldAllBe(entry => !entry.ToString().Contains(first) && !entry.ToString().Contains(second));
    }

    [Fact]
    public async Task A_decision_of_one_alert_leaves_another_open_whose_id_looks_the_same()
    {
        var (first, second) = (Alert("p1") with { Id = "****" }, Alert("p2") with { Id = "****" });
        await _one.Desk.DecideAsync(CaseView.Of(new CaseRecord(s_key), [first], DateTimeOffset.UnixEpoch), Outcome.Fraud, "ann");

        var later = CaseView.Of(_one.Book[s_key], [first, second], _time.GetUtcNow());

        later.State.ShouldBe(CaseState.Pending);
        later.AtStake.ShouldBe(second.Score * second.Amount);
    }

    static CaseView CaseOf(CaseKey key, params string[] payments) => CaseView.Of(
        new CaseRecord(key), [.. payments.Select(Alert)], DateTimeOffset.UnixEpoch);

    static ShownPayment Alert(string id) => new(id, new DateTime(2026, 1, 2), "****0002", 100, "a shop", 0.9, true, "cards-1", new DateTime(2026, 1, 2), null, null);

    CaseState StateAt(Host host, CaseView shown) => CaseView.Of(host.Book[shown.Key], shown.Alerts, _time.GetUtcNow()).State;

    async Task PublishAllAsync()
    {
        _time.Advance(TimeSpan.FromMinutes(2));
        await _one.Book.RefreshAsync(default);
        await _one.Desk.PublishDueAsync(default);
        await _other.Book.RefreshAsync(default);
        await _other.Desk.PublishDueAsync(default);
    }

    List<Label> Labels() => [.. EmbeddedLog.ReadRecords(_folder, TopicNames.Labels).Select(record =>
        LabelReader.TryRead(record.Value.Span, out var label, out var reason) ? label : throw new InvalidOperationException(reason.Message))];

    static async Task<bool> TryAsync(Func<Task> work)
    {
        try
        {
            await Task.Run(work);
            return true;
        }
        catch (CaseConflictException)
        {
            return false;
        }
    }

    sealed class Host : IAsyncDisposable
    {
        readonly EmbeddedMessageLog _topics;

        public Host(string folder, TimeProvider time)
        {
            _topics = Open(folder, TopicNames.Labels);
            Book = new CaseLog(() => Open(folder, TopicNames.Cases));
            Desk = new CaseService(Book, () => _topics, NullLogger.Instance, time);
        }

        public CaseLog Book { get; }

        public CaseService Desk { get; }

        public async ValueTask DisposeAsync()
        {
            Desk.Dispose();
            await Book.DisposeAsync();
            await _topics.DisposeAsync();
        }

        static EmbeddedMessageLog Open(string folder, string topic) => EmbeddedMessageLog.Open(LogOf.Settings(folder, 1, topic), TimeProvider.System, _ => { });
    }
}
