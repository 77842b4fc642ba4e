using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Journal;
using Xunit;
using static Akka.Tests.Persistence.Account;

namespace Akka.Tests.Persistence;

/// <summary>What a persistent actor may rely on, whichever journal it has.</summary>
public sealed class PersistentActorTests() : Akka.TestKit.Xunit2.TestKit(ConfigurationFactory.ParseString(
    $$"""
    akka.persistence.journal.plugin = "akka.persistence.journal.inmem"
    akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
    akka.test.journal.class = "{{typeof(FaultyJournal).AssemblyQualifiedName}}"
    """))
{
    [Fact]
    public async Task A_new_life_replays_every_event_in_order_before_its_first_command()
    {
        var first = await BornAsync();
        foreach (var text in (string[])["a", "b", "c"])
        {
            first.Tell(new Keep(text));
            await ExpectMsgAsync<string>(m => m.StartsWith($"kept {text}"));
        }
        await EndAsync(first);

        var second = Born();
        second.Tell(new Say("early"));

        await ExpectAsync("replayed a 1", "replayed b 2", "replayed c 3", "recovered", "said early");
    }

    [Fact]
    public async Task Sequence_numbers_go_on_where_the_last_life_ended()
    {
        var first = await BornAsync();
        first.Tell(new KeepAll("a", "b"));
        await ExpectAsync("kept a 1", "kept b 2");
        await EndAsync(first);
        var second = Born();
        await ExpectAsync("replayed a 1", "replayed b 2", "recovered");

        second.Tell(new Keep("c"));

        await ExpectMsgAsync("kept c 3");
    }

    [Fact]
    public async Task Commands_wait_until_the_handlers_of_Persist_and_PersistAll_have_run()
    {
        var account = await BornAsync();

        account.Tell(new KeepAll("a", "b"));
        account.Tell(new Say("1"));
        account.Tell(new Keep("c"));
        account.Tell(new Say("2"));

        await ExpectAsync("kept a 1", "kept b 2", "said 1", "kept c 3", "said 2");
    }

    [Fact]
    public async Task PersistAsync_takes_the_next_command_meanwhile_and_keeps_the_events_in_order()
    {
        var account = await BornAsync("loose", "akka.test.journal");
        var all = Enumerable.Range(1, 50).Select(i => $"e{i}").ToArray();

        foreach (var text in all) account.Tell(new KeepLoosely(text));

        var seen = new List<string>();
        for (var i = 0; i < 2 * all.Length; i++) seen.Add(await ExpectMsgAsync<string>());
        Assert.Equal(all.Select(text => $"asked {text}"), seen.Where(m => m.StartsWith("asked")));
        Assert.Equal(all.Select((text, i) => $"kept {text} {i + 1}"), seen.Where(m => m.StartsWith("kept")));
        await EndAsync(account);
        Born("loose", "akka.test.journal");
        await ExpectAsync([.. all.Select((text, i) => $"replayed {text} {i + 1}"), "recovered"]);
    }

    [Fact]
    public async Task A_journal_that_fails_stops_the_actor_after_OnPersistFailure_and_calls_no_handler()
    {
        var account = await BornAsync("unlucky", "akka.test.journal");
        Watch(account);
        account.Tell(new Keep("a"));
        await ExpectMsgAsync("kept a 1");

        account.Tell(new Keep("fail"));

        await ExpectMsgAsync("failed fail 2 the disk is gone");
        await ExpectTerminatedAsync(account);
    }

    [Fact]
    public async Task PersistAll_keeps_all_events_or_none()
    {
        var account = await BornAsync("whole", "akka.test.journal");
        Watch(account);

        account.Tell(new KeepAll("a", "fail", "b"));
        await ExpectMsgAsync("failed a 1 the disk is gone");
        await ExpectTerminatedAsync(account);

        Born("whole", "akka.test.journal");
        await ExpectMsgAsync("recovered");
    }

    [Fact]
    public async Task A_rejected_event_is_not_kept_and_the_actor_goes_on()
    {
        var account = await BornAsync("choosy", "akka.test.journal");

        account.Tell(new KeepUnwritable());
        account.Tell(new Keep("b"));

        await ExpectAsync("rejected 1", "kept b 2");
        await EndAsync(account);
        Born("choosy", "akka.test.journal");
        await ExpectAsync("replayed b 2", "recovered");
    }

    [Fact]
    public async Task An_actor_that_fails_in_a_handler_recovers_with_the_event_and_then_takes_what_waited()
    {
        var account = await BornAsync();

        account.Tell(new FailInHandler("a"));
        account.Tell(new Say("after"));

        await ExpectAsync("replayed a 1", "recovered", "said after");
    }

    [Fact]
    public async Task What_a_command_persisted_before_it_failed_is_kept()
    {
        var account = await BornAsync();

        account.Tell(new KeepThenFail("a"));
        account.Tell(new Say("after"));

        await ExpectAsync("replayed a 1", "recovered", "said after");
    }

    [Fact]
    public async Task A_snapshot_is_offered_first_and_only_later_events_are_replayed()
    {
        var account = await BornAsync();
        account.Tell(new KeepAll("a", "b"));
        account.Tell(new TakeSnapshot());
        await ExpectAsync("kept a 1", "kept b 2", "snapshot at 2");
        account.Tell(new Keep("c"));
        await ExpectMsgAsync("kept c 3");
        await EndAsync(account);

        Born();

        await ExpectAsync("offered a,b at 2", "replayed c 3", "recovered");
    }

    [Fact]
    public async Task The_latest_snapshot_is_taken_and_without_any_the_events_are()
    {
        var account = await BornAsync();
        account.Tell(new Keep("a"));
        account.Tell(new TakeSnapshot());
        await ExpectAsync("kept a 1", "snapshot at 1");
        account.Tell(new Keep("b"));
        account.Tell(new TakeSnapshot());
        await ExpectAsync("kept b 2", "snapshot at 2");
        await EndAsync(account);
        var second = Born();
        await ExpectAsync("offered a,b at 2", "recovered");

        second.Tell(new ForgetSnapshots());
        await ExpectMsgAsync("snapshots deleted");
        await EndAsync(second);

        Born();
        await ExpectAsync("replayed a 1", "replayed b 2", "recovered");
    }

    [Fact]
    public async Task Deleted_events_are_not_replayed_and_their_numbers_are_not_given_again()
    {
        var account = await BornAsync();
        account.Tell(new KeepAll("a", "b", "c"));
        await ExpectAsync("kept a 1", "kept b 2", "kept c 3");

        account.Tell(new Forget(2));
        await ExpectMsgAsync("deleted to 2");
        await EndAsync(account);
        var second = Born();
        await ExpectAsync("replayed c 3", "recovered");
        second.Tell(new Forget(long.MaxValue));
        await ExpectMsgAsync("deleted to 3");
        await EndAsync(second);

        var third = Born();
        await ExpectMsgAsync("recovered");
        third.Tell(new Keep("d"));
        await ExpectMsgAsync("kept d 4");
    }

    [Fact]
    public async Task What_is_not_there_yet_cannot_be_deleted()
    {
        var account = await BornAsync();
        account.Tell(new Keep("a"));
        await ExpectMsgAsync("kept a 1");

        account.Tell(new Forget(7));

        await ExpectMsgAsync("not deleted to 7");
    }

    [Fact]
    public async Task An_actor_that_cannot_take_an_event_back_stops_after_OnRecoveryFailure()
    {
        var account = await BornAsync();
        account.Tell(new KeepAll("a", "b"));
        await ExpectAsync("kept a 1", "kept b 2");
        await EndAsync(account);

        var second = Sys.ActorOf(Props.Create(() => new Account("account", TestActor, null, "b")));
        Watch(second);

        await ExpectAsync("replayed a 1", "recovery failed: will not have b");
        await ExpectTerminatedAsync(second);
    }

    [Fact]
    public async Task Actors_of_different_ids_do_not_see_each_others_events()
    {
        var one = await BornAsync("one");
        var two = await BornAsync("two");
        one.Tell(new Keep("a"));
        await ExpectMsgAsync("kept a 1");
        two.Tell(new Keep("b"));
        await ExpectMsgAsync("kept b 1");
        await EndAsync(one);

        Born("one");

        await ExpectAsync("replayed a 1", "recovered");
    }

    IActorRef Born(string id = "account", string? journal = null) =>
        Sys.ActorOf(Props.Create(() => new Account(id, TestActor, journal, null)));

    async Task<IActorRef> BornAsync(string id = "account", string? journal = null)
    {
        var account = Born(id, journal);
        await ExpectMsgAsync("recovered");
        return account;
    }

    async Task EndAsync(IActorRef actor)
    {
        Watch(actor);
        Sys.Stop(actor);
        await ExpectTerminatedAsync(actor);
    }

    async Task ExpectAsync(params string[] messages)
    {
        foreach (var message in messages) await ExpectMsgAsync(message);
    }

    /// <summary>Fails a write that has "fail" in it, and rejects an event that it cannot write.</summary>
    public sealed class FaultyJournal : MemoryJournal
    {
        protected override async Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages)
        {
            var writes = messages.ToArray();
            await Task.Yield();
            if (writes.SelectMany(Payloads).Contains("fail")) throw new IOException("the disk is gone");
            await base.WriteMessagesAsync(writes.Where(write => !Payloads(write).OfType<Unwritable>().Any()));
            return writes
                .Select(write => Payloads(write).OfType<Unwritable>().Any() ? new NotSupportedException("unwritable") : null!)
                .ToImmutableList<Exception>();
        }

        static IEnumerable<object> Payloads(AtomicWrite write) => ((IEnumerable<IPersistentRepresentation>)write.Payload).Select(p => p.Payload);
    }
}
