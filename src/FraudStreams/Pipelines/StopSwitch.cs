using Akka;
using Akka.Streams;
using Akka.Streams.Stage;

namespace FraudStreams.Pipelines;

/// <summary>
/// Completes streams when it is thrown. In place of Akka.NET's SharedKillSwitch, whose flows stay registered until the switch is thrown, also when their
/// stream has ended: a pipeline that restarts while its database is away would keep each of its former graphs, with the records in their buffers.
/// </summary>
#pragma warning disable CA1001 // The token source has no timer: cancelled, it holds nothing.
sealed class StopSwitch
#pragma warning restore CA1001
{
    readonly CancellationTokenSource _thrown = new();
    readonly Lock _gate = new();
    readonly HashSet<Action> _streams = [];
    bool _isThrown;

    /// <summary>How many running streams would be completed now.</summary>
    public int Streams
    {
        get
        {
            lock (_gate)
                return _streams.Count;
        }
    }

    /// <summary>True before any stream is told to complete.</summary>
    public bool IsThrown
    {
        get
        {
            lock (_gate)
                return _isThrown;
        }
    }

    /// <summary>Cancelled when the switch is thrown, after the streams were told to complete.</summary>
    public CancellationToken Thrown => _thrown.Token;

    /// <summary>Completes all streams through <see cref="Flow{T}"/>, and those that start later, at once.</summary>
    public void Throw()
    {
        Action[] streams;
        lock (_gate)
        {
            _isThrown = true;
            streams = [.. _streams];
        }

        foreach (var complete in streams)
            complete();
        _thrown.Cancel();
    }

    /// <summary>Passes elements on until the switch is thrown; then it cancels what is before it and completes what follows.</summary>
    public IGraph<FlowShape<T, T>, NotUsed> Flow<T>() => new Stage<T>(this);

    bool TryAdd(Action complete)
    {
        lock (_gate)
        {
            if (!_isThrown)
                _streams.Add(complete);
            return !_isThrown;
        }
    }

    void Remove(Action complete)
    {
        lock (_gate)
            _streams.Remove(complete);
    }

    sealed class Stage<T>(StopSwitch stop) : GraphStage<FlowShape<T, T>>
    {
        readonly Inlet<T> _in = new("stop.in");
        readonly Outlet<T> _out = new("stop.out");

        public override FlowShape<T, T> Shape => field ??= new FlowShape<T, T>(_in, _out);

        protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this, stop);

        sealed class Logic : InAndOutGraphStageLogic
        {
            readonly Stage<T> _stage;
            readonly StopSwitch _stop;
            readonly Action _complete;

            public Logic(Stage<T> stage, StopSwitch stop)
                : base(stage.Shape)
            {
                (_stage, _stop) = (stage, stop);
                _complete = GetAsyncCallback(CompleteStage);
                SetHandler(stage._in, this);
                SetHandler(stage._out, this);
            }

            public override void PreStart()
            {
                if (!_stop.TryAdd(_complete))
                    CompleteStage();
            }

            public override void OnPush() => Push(_stage._out, Grab(_stage._in));

            public override void OnPull() => Pull(_stage._in);

            public override void PostStop() => _stop.Remove(_complete);
        }
    }
}
