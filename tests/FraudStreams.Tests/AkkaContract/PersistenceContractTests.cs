using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using FraudStreams.Alerting.Outbox;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.AkkaContract;

/// <summary>Behaviour of Akka.Persistence and its SQL journal that the program relies on, and that another version could change.</summary>
[Trait("Category", "Unit")]
public sealed class PersistenceContractTests : IAsyncLifetime
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    static readonly AlertJournalSettings Journal = new(null, TimeSpan.FromDays(1));

    readonly TemporaryFolder _folder = new();

    public Task InitializeAsync() => new AlertJournalTables(Journal, _folder).PrepareAsync(CancellationToken.None);

    public Task DisposeAsync()
    {
        _folder.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Events_after_a_snapshot_are_recovered_in_the_order_of_persisting()
    {
        await InLifeAsync(async actor =>
        {
            (await actor.Ask<string>(new All("a", "b"), Soon)).ShouldBe("a b");
            (await actor.Ask<string>(new Async("c", "d"), Soon)).ShouldBe("a b c d");
            (await actor.Ask<string>(new Snapshot(), Soon)).ShouldBe("saved at 4");
            (await actor.Ask<string>(new All("e"), Soon)).ShouldBe("a b c d e");
        });

        await InLifeAsync(async actor => (await actor.Ask<string>(new What(), Soon)).ShouldBe("[a b c d] e"));
    }

    [Fact]
    public async Task Two_writers_of_one_sequence_number_do_not_both_go_on()
    {
        await InLifeAsync(async first =>
        {
            await first.Ask<string>(new All("a"), Soon);
            await InLifeAsync(async second =>
            {
                (await second.Ask<string>(new All("b"), Soon)).ShouldBe("a b");
                (await first.Ask<string>(new All("c"), Soon)).ShouldBe("not written");
            });
        });

        await InLifeAsync(async actor => (await actor.Ask<string>(new What(), Soon)).ShouldBe("a b"));
    }

    async Task InLifeAsync(Func<IActorRef, Task> work)
    {
        using var system = ActorSystem.Create(
            "contract", Journal.ToAkka(_folder).WithFallback(ConfigurationFactory.ParseString("akka.loglevel = OFF\nakka.stdout-loglevel = OFF")));
        await work(system.ActorOf(Props.Create(() => new Writer())));
        await system.Terminate();
    }

    sealed record All(params string[] Texts);

    sealed record Async(params string[] Texts);

    sealed record Snapshot;

    sealed record What;

    sealed class Writer : ReceivePersistentActor
    {
        readonly List<string> _texts = [];

        public Writer()
        {
            Recover<SnapshotOffer>(offer => _texts.Add($"[{System.Text.Encoding.UTF8.GetString((byte[])offer.Snapshot)}]"));
            Recover<byte[]>(Add);
            Command<What>(_ => Sender.Tell(State));
            Command<All>(all =>
            {
                var left = all.Texts.Length;
                PersistAll(all.Texts.Select(System.Text.Encoding.UTF8.GetBytes), bytes =>
                {
                    Add(bytes);
                    if (--left == 0)
                        Sender.Tell(State);
                });
            });
            Command<Async>(all =>
            {
                var asks = Sender;
                var left = all.Texts.Length;
                PersistAllAsync(all.Texts.Select(System.Text.Encoding.UTF8.GetBytes), bytes =>
                {
                    Add(bytes);
                    if (--left == 0)
                        asks.Tell(State);
                });
            });
            Command<Snapshot>(_ =>
            {
                var asks = Sender;
                SaveSnapshot(System.Text.Encoding.UTF8.GetBytes(State));
                Become(() => Command<SaveSnapshotSuccess>(saved =>
                {
                    asks.Tell($"saved at {saved.Metadata.SequenceNr}");
                    Become(Ready);
                }));
            });
        }

        public override string PersistenceId => "contract";

        string State => string.Join(' ', _texts);

        protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) => Sender.Tell("not written");

        protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr) => Sender.Tell("not written");

        void Add(byte[] bytes) => _texts.Add(System.Text.Encoding.UTF8.GetString(bytes));

        void Ready() => Command<All>(all => PersistAll(all.Texts.Select(System.Text.Encoding.UTF8.GetBytes), bytes =>
        {
            Add(bytes);
            Sender.Tell(State);
        }));
    }
}
