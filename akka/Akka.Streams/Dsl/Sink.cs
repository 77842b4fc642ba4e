using System.Collections.Immutable;
using Akka.Streams.Implementation;
using Akka.Streams.Implementation.Stages;

namespace Akka.Streams.Dsl;

/// <summary>What has one open input.</summary>
public sealed class Sink<TIn, TMat> : IGraph<SinkShape<TIn>, TMat>
{
    readonly Build<TMat> _build;
    readonly Attributes _attributes;

    internal Sink(Build<TMat> build, Attributes? attributes = null) => (_build, _attributes) = (build, attributes ?? Attributes.None);

    public SinkShape<TIn> Shape { get; } = new(new Inlet<TIn>("Sink.in"));

    public Sink<TIn, TMat2> MapMaterializedValue<TMat2>(Func<TMat, TMat2> fn) => new(_build.Mapped(fn), _attributes);

    public Sink<TIn2, TMat> ContraMap<TIn2>(Func<TIn2, TIn> function) => Flow.FromFunction(function).ToMaterialized(this, Keep.Right);

    public TMat2 RunWith<TMat2>(IGraph<SourceShape<TIn>, TMat2> source, IMaterializer materializer) =>
        Source.FromGraph(source).To(this).Run(materializer);

    public Sink<TIn, TMat> WithAttributes(Attributes attributes) => new(_build, attributes);

    public Sink<TIn, TMat> AddAttributes(Attributes attributes) => WithAttributes(_attributes.And(attributes));

    public Sink<TIn, TMat> Named(string name) => AddAttributes(Attributes.CreateName(name));

    public Sink<TIn, TMat> Async() => this;

    IGraph<SinkShape<TIn>, TMat> IGraph<SinkShape<TIn>, TMat>.WithAttributes(Attributes attributes) => WithAttributes(attributes);

    IGraph<SinkShape<TIn>, TMat> IGraph<SinkShape<TIn>, TMat>.AddAttributes(Attributes attributes) => AddAttributes(attributes);

    IGraph<SinkShape<TIn>, TMat> IGraph<SinkShape<TIn>, TMat>.Named(string name) => Named(name);

    IGraph<SinkShape<TIn>, TMat> IGraph<SinkShape<TIn>, TMat>.Async() => this;

    TMat IGraph<SinkShape<TIn>, TMat>.Build(Materialization context, Ports ports) => _build(context.With(_attributes), ports);
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

    public static Sink<TIn, Task<TIn>> LastOrDefault<TIn>() => Of(c => new LastSink<TIn>(c, mayBeEmpty: true));

    public static Sink<TIn, Task<IImmutableList<TIn>>> Seq<TIn>() => Of(c => new SeqSink<TIn>(c));

    public static Sink<TIn, NotUsed> Cancelled<TIn>() =>
        new(Blueprint.Sink<TIn, NotUsed>(c => (new CancelledSink<TIn>(c), NotUsed.Instance)));

    public static Sink<TIn, NotUsed> OnComplete<TIn>(Action success, Action<Exception> failure) =>
        new(Blueprint.Sink<TIn, NotUsed>(c => (new OnCompleteSink<TIn>(c, success, failure), NotUsed.Instance)));
}
