using Akka.Streams.Dsl;
using Akka.Streams.Implementation;
using Akka.TestKit;

namespace Akka.Streams.TestKit;

public static class TestSink
{
    public static Sink<T, TestSubscriber.Probe<T>> SinkProbe<T>(this TestKitBase testKit) =>
        new(Blueprint.Sink<T, TestSubscriber.Probe<T>>(context =>
        {
            var probe = new TestSubscriber.Probe<T>(testKit);
            return (new ProbeSink<T>(context, probe), probe);
        }));
}

/// <summary>Pulls as often as the probe has asked, and no more.</summary>
internal sealed class ProbeSink<T>(
    Materialization context, TestSubscriber.ManualProbe<T> probe) : SinkLogic<T>(context), TestSubscriber.IDemand
{
    long _demand;
    bool _ended;

    public void Request(long n) => Post(() =>
    {
        _demand += n;
        In.TryPull();
    });

    public void Cancel() => Post(() =>
    {
        _ended = true;
        In.Cancel();
    });

    internal override void PreStart() => Tell(new TestSubscriber.OnSubscribe(this));

    internal override void OnPush(In port)
    {
        _demand--;
        Tell(new TestSubscriber.OnNext<T>(In.Grab()));
        if (_demand > 0) In.Pull();
    }

    internal override void OnUpstreamFinish(In port)
    {
        _ended = true;
        Tell(TestSubscriber.OnComplete.Instance);
    }

    internal override void OnUpstreamFailure(In port, Exception cause)
    {
        _ended = true;
        Tell(new TestSubscriber.OnError(cause));
    }

    internal override void PostStop()
    {
        if (!_ended) Tell(new TestSubscriber.OnError(new AbruptTerminationException(Materializer.Supervisor)));
    }

    void Tell(object @event) => probe.Ref.Tell(@event, Actor.ActorRefs.NoSender);
}
