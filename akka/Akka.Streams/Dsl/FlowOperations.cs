using Akka.Streams.Implementation;
using Akka.Streams.Implementation.Stages;
using Akka.Util;

namespace Akka.Streams.Dsl;

public static class FlowOperations
{
    public static Flow<TIn, TOut2, TMat> Select<TIn, TOut1, TOut2, TMat>(this Flow<TIn, TOut1, TMat> flow, Func<TOut1, TOut2> mapper) =>
        flow.Then(c => new Select<TOut1, TOut2>(c, mapper));

    public static Flow<TIn, TOut2, TMat> SelectMany<TIn, TOut1, TOut2, TMat>(
        this Flow<TIn, TOut1, TMat> flow, Func<TOut1, IEnumerable<TOut2>> mapConcater) =>
        flow.Then(c => new SelectMany<TOut1, TOut2>(c, mapConcater));

    public static Flow<TIn, TOut2, TMat> SelectAsync<TIn, TOut1, TOut2, TMat>(
        this Flow<TIn, TOut1, TMat> flow, int parallelism, Func<TOut1, Task<TOut2>> asyncMapper) =>
        flow.Then(c => new SelectAsync<TOut1, TOut2>(c, parallelism, asyncMapper));

    public static Flow<TIn, TOut2, TMat> SelectAsyncUnordered<TIn, TOut1, TOut2, TMat>(
        this Flow<TIn, TOut1, TMat> flow, int parallelism, Func<TOut1, Task<TOut2>> asyncMapper) =>
        flow.Then(c => new SelectAsyncUnordered<TOut1, TOut2>(c, parallelism, asyncMapper));

    public static Flow<TIn, TOut, TMat> Where<TIn, TOut, TMat>(this Flow<TIn, TOut, TMat> flow, Predicate<TOut> predicate) =>
        flow.Then(c => new Where<TOut>(c, predicate));

    public static Flow<TIn, TOut2, TMat> Collect<TIn, TOut1, TOut2, TMat>(
        this Flow<TIn, TOut1, TMat> flow, Func<TOut1, bool> isDefined, Func<TOut1, TOut2> collector) =>
        flow.Then(c => new Collect<TOut1, TOut2>(c, isDefined, collector));

    public static Flow<TIn, TOut, TMat> Take<TIn, TOut, TMat>(this Flow<TIn, TOut, TMat> flow, long n) =>
        flow.Then(c => new Take<TOut>(c, n));

    public static Flow<TIn, TOut, TMat> TakeWhile<TIn, TOut, TMat>(
        this Flow<TIn, TOut, TMat> flow, Predicate<TOut> predicate, bool inclusive = false) =>
        flow.Then(c => new TakeWhile<TOut>(c, predicate, inclusive));

    public static Flow<TIn, TOut, TMat> Skip<TIn, TOut, TMat>(this Flow<TIn, TOut, TMat> flow, long n) =>
        flow.Then(c => new Skip<TOut>(c, n));

    public static Flow<TIn, TOut2, TMat> Scan<TIn, TOut1, TOut2, TMat>(
        this Flow<TIn, TOut1, TMat> flow, TOut2 zero, Func<TOut2, TOut1, TOut2> scan) =>
        flow.Then(c => new Scan<TOut1, TOut2>(c, zero, scan));

    public static Flow<TIn, TOut2, TMat> Aggregate<TIn, TOut1, TOut2, TMat>(
        this Flow<TIn, TOut1, TMat> flow, TOut2 zero, Func<TOut2, TOut1, TOut2> fold) =>
        flow.Then(c => new Aggregate<TOut1, TOut2>(c, zero, fold));

    public static Flow<TIn, IEnumerable<TOut>, TMat> Grouped<TIn, TOut, TMat>(this Flow<TIn, TOut, TMat> flow, int n)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        return flow.Then(c => new Grouped<TOut>(c, n));
    }

    public static Flow<TIn, IEnumerable<TOut>, TMat> GroupedWithin<TIn, TOut, TMat>(
        this Flow<TIn, TOut, TMat> flow, int n, TimeSpan timeout)
    {
        Limits.Check(long.MaxValue, n, timeout);
        return flow.Then(c => new GroupedWithin<TOut>(c, long.MaxValue, n, timeout, null));
    }

    public static Flow<TIn, IEnumerable<TOut>, TMat> GroupedWeightedWithin<TIn, TOut, TMat>(
        this Flow<TIn, TOut, TMat> flow, long maxWeight, int maxNumber, TimeSpan interval, Func<TOut, long> costFn)
    {
        Limits.Check(maxWeight, maxNumber, interval);
        return flow.Then(c => new GroupedWithin<TOut>(c, maxWeight, maxNumber, interval, costFn));
    }

    public static Flow<TIn, TOut, TMat> Throttle<TIn, TOut, TMat>(
        this Flow<TIn, TOut, TMat> flow, int elements, TimeSpan per, int maximumBurst, ThrottleMode mode)
    {
        Limits.Check(elements, per, maximumBurst, mode);
        return flow.Then(c => new Throttle<TOut>(c, elements, per, maximumBurst, null, mode));
    }

    public static Flow<TIn, TOut, TMat> Buffer<TIn, TOut, TMat>(this Flow<TIn, TOut, TMat> flow, int size, OverflowStrategy strategy)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        return flow.Then(c => new Buffer<TOut>(c, size, strategy));
    }

    public static Flow<TIn, TOut2, TMat> Batch<TIn, TOut1, TOut2, TMat>(
        this Flow<TIn, TOut1, TMat> flow, long max, Func<TOut1, TOut2> seed, Func<TOut2, TOut1, TOut2> aggregate) =>
        flow.Then(c => new Batch<TOut1, TOut2>(c, max, seed, aggregate));

    public static Flow<TIn, TOut, TMat> Conflate<TIn, TOut, TMat>(this Flow<TIn, TOut, TMat> flow, Func<TOut, TOut, TOut> aggregate) =>
        flow.Then(c => new Batch<TOut, TOut>(c, long.MaxValue, element => element, aggregate));

    public static Flow<TIn, TOut, TMat> SelectError<TIn, TOut, TMat>(
        this Flow<TIn, TOut, TMat> flow, Func<Exception, Exception> selector) => flow.Then(c => new SelectError<TOut>(c, selector));

    public static Flow<TIn, TOut, TMat> InitialTimeout<TIn, TOut, TMat>(this Flow<TIn, TOut, TMat> flow, TimeSpan timeout) =>
        flow.Then(c => new Timeout<TOut>(c, TimeoutOf.FirstElement, timeout));

    public static Flow<TIn, TOut, TMat> IdleTimeout<TIn, TOut, TMat>(this Flow<TIn, TOut, TMat> flow, TimeSpan timeout) =>
        flow.Then(c => new Timeout<TOut>(c, TimeoutOf.NextElement, timeout));

    public static Flow<TIn, TOut, TMat> CompletionTimeout<TIn, TOut, TMat>(this Flow<TIn, TOut, TMat> flow, TimeSpan timeout) =>
        flow.Then(c => new Timeout<TOut>(c, TimeoutOf.Completion, timeout));

    public static Flow<TIn, TOut2, TMat> MergeMany<TIn, TOut1, TOut2, TMat>(
        this Flow<TIn, TOut1, TMat> flow, int breadth, Func<TOut1, IGraph<SourceShape<TOut2>, TMat>> flatten) =>
        flow.Select(flatten).Then(c => new FlattenMerge<TOut2, TMat>(c, breadth));

    public static Flow<TIn, TOut2, TMat> ConcatMany<TIn, TOut1, TOut2, TMat>(
        this Flow<TIn, TOut1, TMat> flow, Func<TOut1, IGraph<SourceShape<TOut2>, TMat>> flatten) => flow.MergeMany(1, flatten);

    public static Flow<TIn, TOut, TMat> Concat<TIn, TOut, TMat>(this Flow<TIn, TOut, TMat> flow, IGraph<SourceShape<TOut>, TMat> other) =>
        flow.Via(FanIn.With(other, new Concat<TOut>()));

    public static Flow<TIn, TOut2, TMat> Merge<TIn, TOut1, TOut2, TMat>(
        this Flow<TIn, TOut1, TMat> flow, IGraph<SourceShape<TOut2>, TMat> other, bool eagerComplete = false) where TOut1 : TOut2 =>
        flow.Then(c => new Widen<TOut1, TOut2>(c)).Via(FanIn.With(other, new Merge<TOut2>(2, eagerComplete)));

    public static Flow<TIn, TOut, TMat> AlsoTo<TIn, TOut, TMat>(
        this Flow<TIn, TOut, TMat> flow, IGraph<SinkShape<TOut>, TMat> that, bool propagateFailure) =>
        flow.Via(FanOut.Also(that, propagateFailure));

    public static Flow<TIn, TOut, TMat2> WatchTermination<TIn, TOut, TMat, TMat2>(
        this Flow<TIn, TOut, TMat> flow, Func<TMat, Task<Done>, TMat2> materializerFunction) =>
        flow.ViaMaterialized(Watch.Termination<TOut>(), materializerFunction);
}
