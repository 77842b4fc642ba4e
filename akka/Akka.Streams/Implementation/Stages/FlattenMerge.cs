namespace Akka.Streams.Implementation.Stages;

/// <summary>Runs the sources that come in, so many at a time, and passes on their elements in the order in which they come.</summary>
internal sealed class FlattenMerge<T, TMat>(Materialization context, int breadth) : FlowLogic<IGraph<SourceShape<T>, TMat>, T>(context)
{
    readonly HashSet<In> _running = [];
    readonly Queue<In<T>> _ready = new();

    internal override void PreStart() => In.Pull();

    internal override void OnPush(In port)
    {
        if (port is not In<T> source || ReferenceEquals(port, In))
        {
            Start(In.Grab());
            if (_running.Count < breadth) In.TryPull();
        }
        else if (Out.IsAvailable)
        {
            Out.Push(source.Grab());
            source.TryPull();
        }
        else
        {
            _ready.Enqueue(source);
        }
    }

    internal override void OnPull(Out port)
    {
        if (!_ready.TryDequeue(out var source)) return;
        Out.Push(source.Grab());
        if (source.IsClosed) Remove(source);
        else source.TryPull();
    }

    internal override void OnUpstreamFinish(In port)
    {
        if (port == In)
        {
            if (_running.Count == 0) CompleteStage();
        }
        else if (!port.IsAvailable)
        {
            // With an element left to give, it goes when that one has gone.
            Remove(port);
        }
    }

    void Start(IGraph<SourceShape<T>, TMat> graph)
    {
        var source = new In<T>(this);
        _running.Add(source);
        Run(graph.Build, drains: source);
        source.TryPull();
    }

    void Remove(In source)
    {
        var heldBack = _running.Count == breadth;
        _running.Remove(source);
        Forget(source);
        if (heldBack) In.TryPull();
        if (_running.Count == 0 && In.IsClosed) CompleteStage();
    }
}
