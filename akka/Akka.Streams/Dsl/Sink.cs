using System.Collections.Immutable;
using Akka.Streams.Implementation;
using Akka.Streams.Implementation.Stages;

namespace Akka.Streams.Dsl;

/// <summary>What has one open input.</summary>
public sealed class Sink<TIn, TMat> : IGraph<SinkShape<TIn>, TMat>
{
    readonly Build<TMat> _build;

    internal Sink(Build<TMat> build) => _build = build;

    public SinkShape<TIn> Shape { get; } = new(new Inlet<TIn>("Sink.in"));

    public Sink<TIn, TMat2> MapMaterializedValue<TMat2>(Func<TMat, TMat2> fn) => new(_build.Mapped(fn));

    TMat IGraph<SinkShape<TIn>, TMat>.Build(Materialization context, Ports ports) => _build(context, ports);
}

public static class Sink
{
    static Sink<TIn, Task<TResult>> Of<TIn, TResult>(Func<Materialization, TaskSink<TIn, TResult>> stage) =>
        new(Blueprint.Sink<TIn, Task<TResult>>(c =>
        {
            var logic = stage(c);
            return (logic, logic.Result);
        }));

    public static Sink<TIn, TMat> FromGraph<TIn, TMat>(IGraph<SinkShape<TIn>, TMat> graph) =>
        graph as Sink<TIn, TMat> ?? new Sink<TIn, TMat>(graph.Build);

    public static Sink<TIn, Task<Done>> Ignore<TIn>() => Of(c => new IgnoreSink<TIn>(c));

    public static Sink<TIn, Task<Done>> ForEach<TIn>(Action<TIn> action) => Flow.Create<TIn>()
        .Select(element =>
        {
            action(element);
            return NotUsed.Instance;
        })
        .ToMaterialized(Ignore<NotUsed>(), Keep.Right);

    public static Sink<TIn, Task<Done>> ForEachAsync<TIn>(int parallelism, Func<TIn, Task> action) => Flow.Create<TIn>()
        .SelectAsyncUnordered(parallelism, async element =>
        {
            await action(element);
            return NotUsed.Instance;
        })
        .ToMaterialized(Ignore<NotUsed>(), Keep.Right);

    public static Sink<TIn, Task<TOut>> Aggregate<TIn, TOut>(TOut zero, Func<TOut, TIn, TOut> aggregate) =>
        Flow.Create<TIn>().Aggregate(zero, aggregate).ToMaterialized(First<TOut>(), Keep.Right);

    public static Sink<TIn, Task<TIn>> First<TIn>() => Of(c => new FirstSink<TIn>(c, mayBeEmpty: false));

    public static Sink<TIn, Task<TIn>> FirstOrDefault<TIn>() => Of(c => new FirstSink<TIn>(c, mayBeEmpty: true));

    public static Sink<TIn, Task<TIn>> Last<TIn>() => Of(c => new LastSink<TIn>(c, mayBeEmpty: false));

    public static Sink<TIn, Task<IImmutableList<TIn>>> Seq<TIn>() => Of(c => new SeqSink<TIn>(c));

    public static Sink<TIn, NotUsed> Cancelled<TIn>() =>
        new(Blueprint.Sink<TIn, NotUsed>(c => (new CancelledSink<TIn>(c), NotUsed.Instance)));
}
