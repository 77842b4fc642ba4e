using Akka.Actor;
using Akka.Streams.Dsl;
using Akka.Streams.Implementation;
using Akka.TestKit;

namespace Akka.Streams.TestKit;

public static class TestSource
{
    public static Source<T, TestPublisher.Probe<T>> SourceProbe<T>(this TestKitBase testKit) => new(Blueprint.Source(context =>
    {
        var probe = new TestPublisher.Probe<T>(testKit);
        return ((SourceLogic<T>)new ProbeSource<T>(context, probe), probe);
    }));
}

/// <summary>Takes from the probe ahead of demand as the input buffer of a stream's edge does: all of it at first, then by halves.</summary>
internal sealed class ProbeSource<T>(Materialization context, TestPublisher.ManualProbe<T> probe)
    : SourceLogic<T>(context), TestPublisher.IStream<T>
{
    readonly Queue<T> _buffer = new();
    readonly int _size = context.Materializer.Settings.MaxInputBufferSize;
    int _taken;
    bool _completing;

    public void Next(T element) => Post(() =>
    {
        _buffer.Enqueue(element);
        if (Out.IsAvailable) PushNext();
    });

    public void Complete() => Post(() =>
    {
        _completing = true;
        if (_buffer.Count == 0) CompleteStage();
    });

    public void Fail(Exception cause) => Post(() => FailStage(cause));

    internal override void PreStart()
    {
        Tell(new TestPublisher.Subscribe(this));
        Tell(new TestPublisher.RequestMore(_size));
    }

    internal override void OnPull(Out port)
    {
        if (_buffer.Count > 0) PushNext();
    }

    internal override void OnDownstreamFinish(Out port, Exception cause)
    {
        if (!_completing) Tell(default(TestPublisher.CancelSubscription));
        CancelStage(cause);
    }

    void PushNext()
    {
        Out.Push(_buffer.Dequeue());
        var batch = Math.Max(1, _size / 2);
        if (++_taken == batch && !_completing)
        {
            _taken = 0;
            Tell(new TestPublisher.RequestMore(batch));
        }
        if (_completing && _buffer.Count == 0) CompleteStage();
    }

    void Tell(object @event) => probe.Ref.Tell(@event, ActorRefs.NoSender);
}
