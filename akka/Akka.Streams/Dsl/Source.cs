using Akka.Actor;
using Akka.Streams.Implementation;
using Akka.Streams.Implementation.Stages;
using Akka.Util;

namespace Akka.Streams.Dsl;

/// <summary>What has one open output.</summary>
public sealed class Source<TOut, TMat> : IGraph<SourceShape<TOut>, TMat>
{
    readonly Build<TMat> _build;
    readonly Attributes _attributes;

    internal Source(Build<TMat> build, Attributes? attributes = null) => (_build, _attributes) = (build, attributes ?? Attributes.None);

    public SourceShape<TOut> Shape { get; } = new(new Outlet<TOut>("Source.out"));

    public Source<TOut2, TMat> Via<TOut2, TMat2>(IGraph<FlowShape<TOut, TOut2>, TMat2> flow) => ViaMaterialized(flow, Keep.Left);

    public Source<TOut2, TMat3> ViaMaterialized<TOut2, TMat2, TMat3>(
        IGraph<FlowShape<TOut, TOut2>, TMat2> flow, Func<TMat, TMat2, TMat3> combine) => new(Blueprint.Join(Whole, flow.Build, combine));

    public IRunnableGraph<TMat> To<TMat2>(IGraph<SinkShape<TOut>, TMat2> sink) => ToMaterialized(sink, Keep.Left);

    public IRunnableGraph<TMat3> ToMaterialized<TMat2, TMat3>(IGraph<SinkShape<TOut>, TMat2> sink, Func<TMat, TMat2, TMat3> combine) =>
        new RunnableGraph<TMat3>(Blueprint.Join(Whole, sink.Build, combine));

    public Source<TOut, TMat2> MapMaterializedValue<TMat2>(Func<TMat, TMat2> mapFunc) => new(_build.Mapped(mapFunc), _attributes);

    public TMat2 RunWith<TMat2>(IGraph<SinkShape<TOut>, TMat2> sink, IMaterializer materializer) =>
        ToMaterialized(sink, Keep.Right).Run(materializer);

    public Task<TOut2> RunAggregate<TOut2>(TOut2 zero, Func<TOut2, TOut, TOut2> aggregate, IMaterializer materializer) =>
        RunWith(Sink.Aggregate(zero, aggregate), materializer);

    public Source<TOut, TMat> WithAttributes(Attributes attributes) => new(_build, attributes);

    internal Source<TOut2, TMat> Then<TOut2>(Func<Materialization, FlowLogic<TOut, TOut2>> stage) =>
        new(Blueprint.Join<TMat, NotUsed, TMat>(Whole, Blueprint.Flow(stage), Keep.Left));

    TMat Whole(Materialization context, Ports ports) => _build(context.With(_attributes), ports);

    TMat IGraph<SourceShape<TOut>, TMat>.Build(Materialization context, Ports ports) => Whole(context, ports);
}

public static class Source
{
    static Source<T, NotUsed> Of<T>(Func<Materialization, SourceLogic<T>> stage) => new(Blueprint.Source(stage));

    static Source<T, TMat> Of<T, TMat>(Func<Materialization, (SourceLogic<T>, TMat)> stage) => new(Blueprint.Source(stage));

    public static Source<T, TMat> FromGraph<T, TMat>(IGraph<SourceShape<T>, TMat> source) =>
        source as Source<T, TMat> ?? new Source<T, TMat>(source.Build);

    public static Source<T, NotUsed> From<T>(IEnumerable<T> enumerable) => Of(c => new EnumerableSource<T>(c, enumerable.GetEnumerator));

    public static Source<T, NotUsed> Single<T>(T element) =>
        Of(c => new EnumerableSource<T>(c, Enumerable.Repeat(element, 1).GetEnumerator));

    public static Source<T, NotUsed> Repeat<T>(T element) => UnfoldInfinite(element, same => (same, same));

    public static Source<T, NotUsed> Empty<T>() => Of(c => new EndedSource<T>(c, null));

    public static Source<T, NotUsed> Failed<T>(Exception cause) => Of(c => new EndedSource<T>(c, cause));

    public static Source<T, NotUsed> Never<T>() => Of(c => new SilentSource<T>(c));

    public static Source<T, TaskCompletionSource<T>> Maybe<T>() => Of(c =>
    {
        var promise = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        return ((SourceLogic<T>)new MaybeSource<T>(c, promise), promise);
    });

    public static Source<T, NotUsed> FromTask<T>(Task<T> task) => Of(c => new TaskSource<T>(c, task));

    public static Source<T, ICancelable> Tick<T>(TimeSpan initialDelay, TimeSpan interval, T tick) => Of(c =>
    {
        var logic = new TickSource<T>(c, initialDelay, interval, tick);
        return ((SourceLogic<T>)logic, (ICancelable)logic);
    });

    public static Source<TElem, NotUsed> Unfold<TState, TElem>(TState state, Func<TState, Option<(TState, TElem)>> unfold) =>
        Of(c => new UnfoldSource<TState, TElem>(c, state, unfold));

    public static Source<TElem, NotUsed> UnfoldInfinite<TState, TElem>(TState state, Func<TState, (TState, TElem)> unfold) =>
        Of(c => new UnfoldInfiniteSource<TState, TElem>(c, state, unfold));

    public static Source<TElem, NotUsed> UnfoldAsync<TState, TElem>(
        TState state, Func<TState, Task<Option<(TState, TElem)>>> unfoldAsync) =>
        Of(c => new UnfoldAsyncSource<TState, TElem>(c, state, unfoldAsync));

    public static Source<T, NotUsed> UnfoldResourceAsync<T, TSource>(
        Func<Task<TSource>> create, Func<TSource, Task<Option<T>>> read, Func<TSource, Task<Done>> close) =>
        Of(c => new UnfoldResourceAsync<TSource, T>(c, create, read, close));

    public static Source<T, ISourceQueueWithComplete<T>> Queue<T>(int bufferSize, OverflowStrategy overflowStrategy)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bufferSize);
        return Of(c =>
        {
            var logic = new QueueSource<T>(c, bufferSize, overflowStrategy);
            return ((SourceLogic<T>)logic, (ISourceQueueWithComplete<T>)logic);
        });
    }
}
