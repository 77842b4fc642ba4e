using Akka.Actor;
using Akka.Event;
using Shouldly;
using Xunit;

namespace Akka.Tests.Actors;

public sealed class EventStreamTests : Akka.TestKit.Xunit2.TestKit
{
    public EventStreamTests() : base("akka.loglevel = DEBUG")
    {
    }

    [Fact]
    public void A_subscriber_gets_events_of_its_type_and_of_those_derived_from_it()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(Animal));

        Sys.EventStream.Publish("no animal");
        Sys.EventStream.Publish(new Dog());
        Sys.EventStream.Publish(new Animal());

        ExpectMsg<Dog>();
        ExpectMsg<Animal>();
        ExpectNoMsg(50);
    }

    [Fact]
    public void A_second_subscription_does_not_double_and_unsubscribing_ends_it()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(Dog)).ShouldBeTrue();
        Sys.EventStream.Subscribe(TestActor, typeof(Dog)).ShouldBeFalse();
        Sys.EventStream.Publish(new Dog());
        ExpectMsg<Dog>();

        Sys.EventStream.Unsubscribe(TestActor, typeof(Dog)).ShouldBeTrue();
        Sys.EventStream.Publish(new Dog());

        ExpectNoMsg(50);
    }

    [Fact]
    public void What_is_told_to_a_dead_actor_becomes_a_dead_letter()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(DeadLetter));
        var dead = Sys.ActorOf(Props.Create(() => new Logging(false)));
        Watch(dead);
        Sys.Stop(dead);
        ExpectTerminated(dead);

        dead.Tell("too late");

        var letter = ExpectMsg<DeadLetter>();
        letter.Message.ShouldBe("too late");
        letter.Recipient.ShouldBe(dead);
        letter.Sender.ShouldBe(TestActor);
    }

    [Fact]
    public void What_is_logged_comes_over_the_event_stream_with_level_source_and_cause()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(Error));
        Sys.EventStream.Subscribe(TestActor, typeof(Info));
        var actor = Sys.ActorOf(Props.Create(() => new Logging(true)), "logs");

        actor.Tell("world");

        var info = FishForMessage<Info>(i => i.LogSource.Contains("/user/logs"));
        info.Message.ToString().ShouldBe("hello world");
        info.LogSource.ShouldContain(actor.Path.ToString());
        var error = FishForMessage<Error>(e => e.LogSource.Contains("/user/logs"));
        error.Cause.ShouldBeOfType<BrokenException>();
        error.LogLevel().ShouldBe(LogLevel.ErrorLevel);
    }

    [Theory]
    [InlineData("DEBUG", true, true)]
    [InlineData("INFO", false, true)]
    [InlineData("OFF", false, false)]
    public async Task Nothing_below_the_configured_level_is_logged(string level, bool debug, bool error)
    {
        var system = ActorSystem.Create("levels", $"akka {{ loglevel = {level}, stdout-loglevel = OFF, loggers = [] }}");

        var log = Event.Logging.GetLogger(system, "test");
        log.IsDebugEnabled.ShouldBe(debug);
        log.IsErrorEnabled.ShouldBe(error);

        await system.Terminate();
    }

    [Fact]
    public async Task A_logger_named_in_the_configuration_is_initialized_and_gets_what_is_logged()
    {
        var system = ActorSystem.Create("custom", $$"""
            akka { loglevel = INFO, stdout-loglevel = OFF, loggers = ["{{typeof(Remembering).AssemblyQualifiedName}}"] }
            """);

        system.Log.Warning("remember {0}", 42);

        await AwaitAssertAsync(() => Remembering.Seen.ShouldContain("remember 42"));
        await system.Terminate();
    }

    [Fact]
    public void A_logger_that_does_not_exist_stops_the_start()
    {
        const string config = """akka { stdout-loglevel = OFF, loggers = ["No.Such.Logger"] }""";

        var fault = Should.Throw<Exception>(() => ActorSystem.Create("wrong", config));

        fault.ToString().ShouldContain("No.Such.Logger");
    }

    class Animal;

    sealed class Dog : Animal;

    sealed class Logging : ReceiveActor
    {
        readonly ILoggingAdapter _log = Context.GetLogger();

        public Logging(bool fails) => Receive<string>(name =>
        {
            _log.Info("hello {0}", name);
            if (fails) _log.Error(new BrokenException("pipe"), "failed for {0}", name);
        });
    }

    public sealed class Remembering : ReceiveActor
    {
        public Remembering()
        {
            Receive<InitializeLogger>(_ => Sender.Tell(new LoggerInitialized()));
            Receive<LogEvent>(e =>
            {
                lock (s_seen) s_seen.Add(e.Message.ToString()!);
            });
        }

        static readonly List<string> s_seen = [];

        public static IReadOnlyList<string> Seen
        {
            get
            {
                lock (s_seen) return [.. s_seen];
            }
        }
    }
}
