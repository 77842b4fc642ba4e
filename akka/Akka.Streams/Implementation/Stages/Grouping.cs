namespace Akka.Streams.Implementation.Stages;

internal sealed class Grouped<T>(Materialization context, int count) : FlowLogic<T, IEnumerable<T>>(context)
{
    List<T> _group = new(count);

    internal override void OnPush(In port)
    {
        _group.Add(In.Grab());
        if (_group.Count < count) In.Pull();
        else Emit();
    }

    internal override void OnUpstreamFinish(In port)
    {
        if (_group.Count > 0) Emit();
        CompleteStage();
    }

    void Emit()
    {
        var group = _group;
        _group = new List<T>(count);
        Out.Push(group);
    }
}

/// <summary>
/// Gathers elements until a group is full by number or weight, or the time since the last full group is over. It takes elements
/// without demand, one group and one element more at the most. An element that would be too much starts the next group.
/// </summary>
internal sealed class GroupedWithin<T>(Materialization context, long maxWeight, int maxNumber, TimeSpan interval, Func<T, long>? weigh)
    : FlowLogic<T, IEnumerable<T>>(context)
{
    List<T> _group = [];
    StageTimer _timer = null!;
    long _weight;
    T? _next;
    long _nextWeight;
    bool _hasNext;

    /// <summary>The group goes as soon as there is demand.</summary>
    bool _ready;
    bool _finished;

    internal override void PreStart()
    {
        _timer = Timer(() =>
        {
            if (_group.Count == 0) return;
            if (Out.IsAvailable) Emit();
            else _ready = true;
        });
        _timer.Repeat(interval);
        In.Pull();
    }

    internal override void OnPush(In port)
    {
        // With an element kept back already, this one stays at the port until the group has gone.
        if (!_hasNext) Take(In.Grab());
    }

    internal override void OnPull(Out port)
    {
        if (_ready) Emit();
    }

    internal override void OnUpstreamFinish(In port)
    {
        _finished = true;
        if (_group.Count == 0) CompleteStage();
        else Close();
    }

    void Take(T element)
    {
        var weight = weigh?.Invoke(element) ?? 0;
        if (weight < 0)
        {
            FailStage(new ArgumentException($"Negative weight [{weight}] for element [{element}] is not allowed"));
        }
        else if (_weight + weight <= maxWeight && _group.Count < maxNumber)
        {
            Add(element, weight);
            if (_weight < maxWeight && _group.Count < maxNumber)
            {
                In.TryPull();
            }
            else if (Out.IsAvailable)
            {
                _timer.Repeat(interval);
                Emit();
            }
            else
            {
                _ready = true;
                In.TryPull();
            }
        }
        else
        {
            if (_group.Count == 0)
            {
                Add(element, weight);
                _ready = true;
            }
            else
            {
                (_next, _nextWeight, _hasNext) = (element, weight, true);
            }
            _timer.Repeat(interval);
            Close();
        }
    }

    void Add(T element, long weight)
    {
        _group.Add(element);
        _weight += weight;
    }

    void Close()
    {
        if (Out.IsAvailable) Emit();
        else if (_hasNext || _finished) _ready = true;
    }

    void Emit()
    {
        var group = _group;
        _group = new List<T>(group.Count);
        _weight = 0;
        _ready = false;
        Out.Push(group);
        if (_hasNext)
        {
            Add(_next!, _nextWeight);
            (_next, _nextWeight, _hasNext) = (default, 0, false);
            _ready = _finished;
        }
        else if (_finished)
        {
            CompleteStage();
            return;
        }
        if (In.IsAvailable) Take(In.Grab());
        else In.TryPull();
    }
}
