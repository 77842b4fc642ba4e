using Akka.Streams.Implementation;
using Akka.Streams.Implementation.Stages;
using Akka.Util;

namespace Akka.Streams.Dsl;

public static class SourceOperations
{
    public static Source<TOut, TMat> Select<TIn, TOut, TMat>(this Source<TIn, TMat> flow, Func<TIn, TOut> mapper) =>
        flow.Then(c => new Select<TIn, TOut>(c, mapper));

    public static Source<TOut, TMat> SelectMany<TIn, TOut, TMat>(this Source<TIn, TMat> flow, Func<TIn, IEnumerable<TOut>> mapConcater) =>
        flow.Then(c => new SelectMany<TIn, TOut>(c, mapConcater));

    public static Source<TOut, TMat> SelectAsync<TIn, TOut, TMat>(
        this Source<TIn, TMat> flow, int parallelism, Func<TIn, Task<TOut>> asyncMapper) =>
        flow.Then(c => new SelectAsync<TIn, TOut>(c, parallelism, asyncMapper));

    public static Source<TOut, TMat> SelectAsyncUnordered<TIn, TOut, TMat>(
        this Source<TIn, TMat> flow, int parallelism, Func<TIn, Task<TOut>> asyncMapper) =>
        flow.Then(c => new SelectAsyncUnordered<TIn, TOut>(c, parallelism, asyncMapper));

    public static Source<T, TMat> Where<T, TMat>(this Source<T, TMat> flow, Predicate<T> predicate) =>
        flow.Then(c => new Where<T>(c, predicate));

    public static Source<TOut, TMat> Collect<TIn, TOut, TMat>(
        this Source<TIn, TMat> flow, Func<TIn, bool> isDefined, Func<TIn, TOut> collector) =>
        flow.Then(c => new Collect<TIn, TOut>(c, isDefined, collector));

    public static Source<T, TMat> Take<T, TMat>(this Source<T, TMat> flow, long n) => flow.Then(c => new Take<T>(c, n));

    public static Source<T, TMat> TakeWhile<T, TMat>(this Source<T, TMat> flow, Predicate<T> predicate, bool inclusive = false) =>
        flow.Then(c => new TakeWhile<T>(c, predicate, inclusive));

    public static Source<T, TMat> Skip<T, TMat>(this Source<T, TMat> flow, long n) => flow.Then(c => new Skip<T>(c, n));

    public static Source<TOut, TMat> Scan<TIn, TOut, TMat>(this Source<TIn, TMat> flow, TOut zero, Func<TOut, TIn, TOut> scan) =>
        flow.Then(c => new Scan<TIn, TOut>(c, zero, scan));

    public static Source<TOut, TMat> Aggregate<TIn, TOut, TMat>(this Source<TIn, TMat> flow, TOut zero, Func<TOut, TIn, TOut> fold) =>
        flow.Then(c => new Aggregate<TIn, TOut>(c, zero, fold));

    public static Source<IEnumerable<T>, TMat> Grouped<T, TMat>(this Source<T, TMat> flow, int n)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        return flow.Then(c => new Grouped<T>(c, n));
    }

    public static Source<IEnumerable<T>, TMat> GroupedWithin<T, TMat>(this Source<T, TMat> flow, int n, TimeSpan timeout)
    {
        Limits.Check(long.MaxValue, n, timeout);
        return flow.Then(c => new GroupedWithin<T>(c, long.MaxValue, n, timeout, null));
    }

    public static Source<IEnumerable<T>, TMat> GroupedWeightedWithin<T, TMat>(
        this Source<T, TMat> flow, long maxWeight, int maxNumber, TimeSpan interval, Func<T, long> costFn)
    {
        Limits.Check(maxWeight, maxNumber, interval);
        return flow.Then(c => new GroupedWithin<T>(c, maxWeight, maxNumber, interval, costFn));
    }

    public static Source<T, TMat> Throttle<T, TMat>(
        this Source<T, TMat> flow, int elements, TimeSpan per, int maximumBurst, ThrottleMode mode)
    {
        Limits.Check(elements, per, maximumBurst, mode);
        return flow.Then(c => new Throttle<T>(c, elements, per, maximumBurst, null, mode));
    }

    public static Source<T, TMat> Throttle<T, TMat>(
        this Source<T, TMat> flow, int cost, TimeSpan per, int maximumBurst, Func<T, int> calculateCost, ThrottleMode mode)
    {
        Limits.Check(cost, per, maximumBurst, mode);
        return flow.Then(c => new Throttle<T>(c, cost, per, maximumBurst, calculateCost, mode));
    }

    public static Source<T, TMat> Buffer<T, TMat>(this Source<T, TMat> flow, int size, OverflowStrategy strategy)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        return flow.Then(c => new Buffer<T>(c, size, strategy));
    }

    public static Source<TOut, TMat> Batch<TIn, TOut, TMat>(
        this Source<TIn, TMat> flow, long max, Func<TIn, TOut> seed, Func<TOut, TIn, TOut> aggregate) =>
        flow.Then(c => new Batch<TIn, TOut>(c, max, seed, aggregate));

    public static Source<T, TMat> Recover<T, TMat>(this Source<T, TMat> flow, Func<Exception, Option<T>> partialFunc) =>
        flow.Then(c => new Recover<T>(c, partialFunc));

    public static Source<T, TMat> SelectError<T, TMat>(this Source<T, TMat> flow, Func<Exception, Exception> selector) =>
        flow.Then(c => new SelectError<T>(c, selector));

    public static Source<T, TMat> IdleTimeout<T, TMat>(this Source<T, TMat> flow, TimeSpan timeout) =>
        flow.Then(c => new Timeout<T>(c, TimeoutOf.NextElement, timeout));

    public static Source<TOut, TMat> MergeMany<TIn, TOut, TMat>(
        this Source<TIn, TMat> flow, int breadth, Func<TIn, IGraph<SourceShape<TOut>, TMat>> flatten) =>
        flow.Select(flatten).Then(c => new FlattenMerge<TOut, TMat>(c, breadth));

    public static Source<TOut, TMat> ConcatMany<TIn, TOut, TMat>(
        this Source<TIn, TMat> flow, Func<TIn, IGraph<SourceShape<TOut>, TMat>> flatten) => flow.MergeMany(1, flatten);

    public static Source<T, TMat> Concat<T, TMat>(this Source<T, TMat> flow, IGraph<SourceShape<T>, TMat> other) =>
        flow.Via(FanIn.With(other, new Concat<T>()));

    public static Source<TOut, TMat> Merge<TIn, TOut, TMat>(
        this Source<TIn, TMat> flow, IGraph<SourceShape<TOut>, TMat> other, bool eagerComplete = false) where TIn : TOut =>
        flow.Then(c => new Widen<TIn, TOut>(c)).Via(FanIn.With(other, new Merge<TOut>(2, eagerComplete)));

    public static Source<T, TMat> AlsoTo<T, TMat>(this Source<T, TMat> flow, IGraph<SinkShape<T>, TMat> that) =>
        flow.Via(FanOut.Also(that, false));

    public static Source<T, TMat2> WatchTermination<T, TMat, TMat2>(
        this Source<T, TMat> flow, Func<TMat, Task<Done>, TMat2> materializerFunction) =>
        flow.ViaMaterialized(Watch.Termination<T>(), materializerFunction);
}
