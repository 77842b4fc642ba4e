using System.Collections.Immutable;

namespace FraudStreams.Diagnostics;

/// <summary>What is done before a stream can start, such as training its first model, for those who look at it meanwhile. Thread-safe.</summary>
sealed class StartSteps
{
    readonly Lock _gate = new();

    /// <summary>What was begun, in that order, and which share of it is done, 0 to 1.</summary>
    public ImmutableArray<(string Name, double Share)> Begun { get; private set; } = [];

    /// <summary>Begins a step, with which the one before is done.</summary>
    public Action<double> Begin(string name)
    {
        lock (_gate)
        {
            Begun = [.. Begun.Select(step => (step.Name, 1.0)), (name, 0)];
            var at = Begun.Length - 1;
            return share =>
            {
                lock (_gate)
                    Begun = Begun.SetItem(at, (name, share));
            };
        }
    }
}
