using Akka.Streams.Implementation;
using Akka.Streams.Implementation.Stages;

namespace Akka.Streams.Dsl;

/// <summary>A source that is made and run again whenever it ends.</summary>
public static class RestartSource
{
    public static Source<T, NotUsed> WithBackoff<T, TMat>(Func<Source<T, TMat>> sourceFactory, RestartSettings settings) =>
        Of(sourceFactory, settings, onlyOnFailures: false);

    public static Source<T, NotUsed> OnFailuresWithBackoff<T, TMat>(Func<Source<T, TMat>> sourceFactory, RestartSettings settings) =>
        Of(sourceFactory, settings, onlyOnFailures: true);

    static Source<T, NotUsed> Of<T, TMat>(
        Func<Source<T, TMat>> create, RestartSettings settings, bool onlyOnFailures) => new((context, ports) =>
    {
        var stage = new Restart<NotUsed, T>(context, settings, onlyOnFailures, false, true, Each(create)).WithPorts();
        context.Island.Add(stage);
        ports.Outs.Add(stage.Out!);
        return NotUsed.Instance;
    });

    internal static Build<NotUsed> Each<TShape, TMat>(Func<IGraph<TShape, TMat>> create) where TShape : Shape => (context, ports) =>
    {
        create().Build(context, ports);
        return NotUsed.Instance;
    };
}

/// <summary>A flow that is made and run again whenever it ends; what was in it then is lost.</summary>
public static class RestartFlow
{
    public static Flow<TIn, TOut, NotUsed> WithBackoff<TIn, TOut, TMat>(
        Func<Flow<TIn, TOut, TMat>> flowFactory, RestartSettings settings) => Of(flowFactory, settings, onlyOnFailures: false);

    public static Flow<TIn, TOut, NotUsed> OnFailuresWithBackoff<TIn, TOut, TMat>(
        Func<Flow<TIn, TOut, TMat>> flowFactory, RestartSettings settings) => Of(flowFactory, settings, onlyOnFailures: true);

    static Flow<TIn, TOut, NotUsed> Of<TIn, TOut, TMat>(
        Func<Flow<TIn, TOut, TMat>> create, RestartSettings settings, bool onlyOnFailures) =>
        new((context, ports) =>
        {
            var stage = new Restart<TIn, TOut>(context, settings, onlyOnFailures, true, true, RestartSource.Each(create)).WithPorts();
            context.Island.Add(stage);
            ports.Ins.Add(stage.In!);
            ports.Outs.Add(stage.Out!);
            return NotUsed.Instance;
        });
}

/// <summary>A sink that is made and run again whenever it cancels.</summary>
public static class RestartSink
{
    public static Sink<T, NotUsed> WithBackoff<T, TMat>(
        Func<Sink<T, TMat>> sinkFactory, RestartSettings settings) => new((context, ports) =>
    {
        var stage = new Restart<T, NotUsed>(context, settings, false, true, false, RestartSource.Each(sinkFactory)).WithPorts();
        context.Island.Add(stage);
        ports.Ins.Add(stage.In!);
        return NotUsed.Instance;
    });
}
