using Akka.Streams.Implementation;
using Akka.Streams.Implementation.Stages;

namespace Akka.Streams;

public interface IKillSwitch
{
    /// <summary>Completes downstream and cancels upstream.</summary>
    void Shutdown();

    /// <summary>Fails downstream and cancels upstream.</summary>
    void Abort(Exception cause);
}

public static class KillSwitches
{
    public static SharedKillSwitch Shared(string name) => new(name);

    public static IGraph<FlowShape<T, T>, UniqueKillSwitch> Single<T>() => new Dsl.Flow<T, T, UniqueKillSwitch>(Blueprint.Flow(context =>
    {
        var thrown = new TaskCompletionSource<NotUsed>(TaskCreationOptions.RunContinuationsAsynchronously);
        return ((FlowLogic<T, T>)new KillSwitchStage<T>(context, thrown.Task), new UniqueKillSwitch(thrown));
    }));
}

/// <summary>Stops the one stream it came from.</summary>
public sealed class UniqueKillSwitch : IKillSwitch
{
    readonly TaskCompletionSource<NotUsed> _thrown;

    internal UniqueKillSwitch(TaskCompletionSource<NotUsed> thrown) => _thrown = thrown;

    public void Shutdown() => _thrown.TrySetResult(NotUsed.Instance);

    public void Abort(Exception cause) => _thrown.TrySetException(cause);
}

/// <summary>Stops every stream that its flow stands in, also those that are materialized later.</summary>
public sealed class SharedKillSwitch : IKillSwitch
{
    readonly TaskCompletionSource<NotUsed> _thrown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly string _name;

    internal SharedKillSwitch(string name) => _name = name;

    public void Shutdown() => _thrown.TrySetResult(NotUsed.Instance);

    public void Abort(Exception cause) => _thrown.TrySetException(cause);

    public IGraph<FlowShape<T, T>, SharedKillSwitch> Flow<T>() => new Dsl.Flow<T, T, SharedKillSwitch>(
        Blueprint.Flow(context => ((FlowLogic<T, T>)new KillSwitchStage<T>(context, _thrown.Task), this)));

    public override string ToString() => $"KillSwitch({_name})";
}
