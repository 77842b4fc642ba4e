using Akka.Actor;
using Akka.Configuration;
using Microsoft.Data.Sqlite;
using Shouldly;
using Xunit;
using static Akka.Tests.Persistence.Account;

namespace Akka.Tests.Persistence.Sql;

/// <summary>The journal and the snapshot store in a database: what they keep outlives the actor system.</summary>
public sealed class SqlJournalTests : IDisposable
{
    readonly SqliteFixture _database = new();

    public void Dispose() => _database.Dispose();

    [Fact]
    public async Task Another_actor_system_finds_events_and_snapshots()
    {
        await using (var first = new Life(_database.Hocon))
        {
            first.Account.Tell(new KeepAll("a", "b"));
            first.Account.Tell(new TakeSnapshot());
            await first.ExpectAsync("recovered", "kept a 1", "kept b 2", "snapshot at 2");
            first.Account.Tell(new Keep("ü"));
            await first.ExpectAsync("kept ü 3");
        }

        await using var second = new Life(_database.Hocon);

        await second.ExpectAsync("offered a,b at 2", "replayed ü 3", "recovered");
    }

    [Fact]
    public async Task Deleted_events_leave_the_table_but_for_the_one_that_says_which_number_comes_next()
    {
        await using (var first = new Life(_database.Hocon))
        {
            first.Account.Tell(new KeepAll("a", "b", "c"));
            await first.ExpectAsync("recovered", "kept a 1", "kept b 2", "kept c 3");
            first.Account.Tell(new Forget(3));
            await first.ExpectAsync("deleted to 3");
        }

        Count("SELECT count(*) FROM journal").ShouldBe(1);
        await using var second = new Life(_database.Hocon);
        await second.ExpectAsync("recovered");
        second.Account.Tell(new Keep("d"));
        await second.ExpectAsync("kept d 4");
    }

    [Fact]
    public async Task A_second_writer_of_the_same_id_fails_and_stops()
    {
        await using var first = new Life(_database.Hocon);
        await first.ExpectAsync("recovered");
        await using var second = new Life(_database.Hocon);
        await second.ExpectAsync("recovered");

        first.Account.Tell(new Keep("a"));
        await first.ExpectAsync("kept a 1");
        second.Account.Tell(new Keep("b"));

        (await second.NextAsync()).ShouldStartWith("failed b 1");
        Count("SELECT count(*) FROM journal").ShouldBe(1);
    }

    [Fact]
    public async Task The_tables_are_those_of_AkkaPersistenceSql()
    {
        await using var life = new Life(_database.Hocon);
        life.Account.Tell(new Keep("a"));
        life.Account.Tell(new TakeSnapshot());
        await life.ExpectAsync("recovered", "kept a 1", "snapshot at 1");

        Columns("journal").ShouldBe(
            ["created", "deleted", "identifier", "manifest", "message", "ordering", "persistence_id", "sequence_number", "writer_uuid"]);
        Columns("snapshot").ShouldBe(["created", "manifest", "persistence_id", "sequence_number", "serializer_id", "snapshot"]);
    }

    [Fact]
    public async Task A_thousand_events_of_one_actor_share_commits()
    {
        await using var life = new Life(_database.Hocon);
        await life.ExpectAsync("recovered");

        for (var i = 0; i < 1000; i++) life.Account.Tell(new KeepLoosely("x"));
        for (var i = 0; i < 2000; i++) await life.NextAsync();

        Count("SELECT count(*) FROM journal").ShouldBe(1000);
        Count("SELECT count(DISTINCT created) FROM journal").ShouldBeLessThan(200);
    }

    long Count(string sql)
    {
        using var connection = new SqliteConnection(_database.ConnectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    string[] Columns(string table)
    {
        using var connection = new SqliteConnection(_database.ConnectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT name FROM pragma_table_info('{table}') ORDER BY name";
        using var rows = command.ExecuteReader();
        var names = new List<string>();
        while (rows.Read()) names.Add(rows.GetString(0));
        return [.. names];
    }

    /// <summary>One actor system with one account in it.</summary>
    sealed class Life : IAsyncDisposable
    {
        readonly ActorSystem _system;
        readonly System.Threading.Channels.Channel<string> _told = System.Threading.Channels.Channel.CreateUnbounded<string>();

        public Life(string hocon)
        {
            _system = ActorSystem.Create("life", ConfigurationFactory.ParseString(hocon));
            var probe = _system.ActorOf(Props.Create(() => new Probe(_told.Writer)));
            Account = _system.ActorOf(Props.Create(() => new Account("account", probe, null, null)));
        }

        public IActorRef Account { get; }

        public async Task<string> NextAsync() => await _told.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

        public async Task ExpectAsync(params string[] messages)
        {
            foreach (var message in messages) (await NextAsync()).ShouldBe(message);
        }

        public async ValueTask DisposeAsync() => await _system.Terminate();
    }

    public sealed class Probe : ReceiveActor
    {
        public Probe(System.Threading.Channels.ChannelWriter<string> told) => Receive<string>(text => told.TryWrite(text));
    }
}
