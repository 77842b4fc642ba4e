using Akka.Actor;
using Akka.TestKit;

namespace Akka.Streams.TestKit;

/// <summary>A downstream in the test's hands: it asks for elements and sees what comes.</summary>
public static class TestSubscriber
{
    public interface ISubscriberEvent;

    public readonly struct OnSubscribe : ISubscriberEvent
    {
        internal OnSubscribe(IDemand demand) => Demand = demand;

        internal IDemand Demand { get; }
    }

    public readonly struct OnNext<T>(T element) : ISubscriberEvent
    {
        public readonly T Element = element;

        public override string ToString() => $"OnNext({Element})";
    }

    public sealed class OnComplete : ISubscriberEvent
    {
        public static readonly OnComplete Instance = new();

        OnComplete() { }
    }

    public readonly struct OnError(Exception cause) : ISubscriberEvent
    {
        public readonly Exception Cause = cause;

        public override string ToString() => $"OnError({Cause})";
    }

    /// <summary>What a subscriber may do to its stream.</summary>
    internal interface IDemand
    {
        void Request(long n);

        void Cancel();
    }

    public class ManualProbe<T>
    {
        private protected readonly TestProbe Events;

        internal ManualProbe(TestKitBase testKit) => Events = testKit.CreateTestProbe();

        internal IActorRef Ref => Events.Ref;

        public T ExpectNext(CancellationToken cancellationToken = default) =>
            Events.ExpectMsg<OnNext<T>>(cancellationToken: cancellationToken).Element;

        public T ExpectNext(TimeSpan? timeout, CancellationToken cancellationToken = default) =>
            Events.ExpectMsg<OnNext<T>>(timeout, cancellationToken: cancellationToken).Element;

        public ManualProbe<T> ExpectNext(T element, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        {
            Events.ExpectMsg<OnNext<T>>(
                next => Equals(next.Element, element), timeout, $"OnNext({element})", cancellationToken);
            return this;
        }

        public ManualProbe<T> ExpectNext(params T[] elems) => ExpectNextN(elems);

        public ManualProbe<T> ExpectNextN(IEnumerable<T> all, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        {
            foreach (var element in all) ExpectNext(element, timeout, cancellationToken);
            return this;
        }

        public IEnumerable<T> ExpectNextN(long n, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        {
            var elements = new List<T>();
            while (elements.Count < n) elements.Add(ExpectNext(timeout, cancellationToken));
            return elements;
        }

        public ManualProbe<T> ExpectNextUnordered(params T[] elems)
        {
            var missing = elems.ToList();
            while (missing.Count > 0)
            {
                Events.ExpectMsg<OnNext<T>>(next => missing.Remove(next.Element), null, $"OnNext of {string.Join(", ", missing)}", default);
            }
            return this;
        }

        public ManualProbe<T> ExpectComplete(CancellationToken cancellationToken = default)
        {
            Events.ExpectMsg<OnComplete>(cancellationToken: cancellationToken);
            return this;
        }

        public Exception ExpectError(CancellationToken cancellationToken = default) =>
            Events.ExpectMsg<OnError>(cancellationToken: cancellationToken).Cause;

        public ManualProbe<T> ExpectSubscriptionAndComplete(CancellationToken cancellationToken = default)
        {
            Subscribed(cancellationToken).Request(1);
            return ExpectComplete(cancellationToken);
        }

        public Exception ExpectSubscriptionAndError(CancellationToken cancellationToken = default)
        {
            Subscribed(cancellationToken).Request(1);
            return ExpectError(cancellationToken);
        }

        public ManualProbe<T> ExpectNoMsg(TimeSpan remaining, CancellationToken cancellationToken = default)
        {
            Events.ExpectNoMsg(remaining, cancellationToken);
            return this;
        }

        public async Task<T> ExpectNextAsync(CancellationToken cancellationToken = default) =>
            (await Events.ExpectMsgAsync<OnNext<T>>(cancellationToken: cancellationToken)).Element;

        public async Task ExpectNextAsync(T element, CancellationToken cancellationToken = default) =>
            await Events.ExpectMsgAsync<OnNext<T>>(next => Equals(next.Element, element), null, $"OnNext({element})", cancellationToken);

        public async Task ExpectNextNAsync(IEnumerable<T> all, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        {
            foreach (var element in all)
            {
                await Events.ExpectMsgAsync<OnNext<T>>(
                    next => Equals(next.Element, element), timeout, $"OnNext({element})", cancellationToken);
            }
        }

        public async Task ExpectCompleteAsync(CancellationToken cancellationToken = default) =>
            await Events.ExpectMsgAsync<OnComplete>(cancellationToken: cancellationToken);

        public async Task<Exception> ExpectErrorAsync(CancellationToken cancellationToken = default) =>
            (await Events.ExpectMsgAsync<OnError>(cancellationToken: cancellationToken)).Cause;

        public async Task ExpectNoMsgAsync(TimeSpan remaining, CancellationToken cancellationToken = default) =>
            await Events.ExpectNoMsgAsync(remaining, cancellationToken);

        private protected IDemand Subscribed(CancellationToken cancellationToken) =>
            Events.ExpectMsg<OnSubscribe>(cancellationToken: cancellationToken).Demand;

        private protected async Task<IDemand> SubscribedAsync(CancellationToken cancellationToken) =>
            (await Events.ExpectMsgAsync<OnSubscribe>(cancellationToken: cancellationToken)).Demand;
    }

    public sealed class Probe<T> : ManualProbe<T>
    {
        IDemand? _demand;

        internal Probe(TestKitBase testKit) : base(testKit) { }

        public Probe<T> EnsureSubscription(CancellationToken cancellationToken = default)
        {
            _demand ??= Subscribed(cancellationToken);
            return this;
        }

        public async Task EnsureSubscriptionAsync(CancellationToken cancellationToken = default) =>
            _demand ??= await SubscribedAsync(cancellationToken);

        public Probe<T> Request(long n)
        {
            EnsureSubscription()._demand!.Request(n);
            return this;
        }

        public async Task RequestAsync(long n)
        {
            await EnsureSubscriptionAsync();
            _demand!.Request(n);
        }

        public T RequestNext() => Request(1).ExpectNext();

        public Probe<T> RequestNext(T element)
        {
            Request(1).ExpectNext(element);
            return this;
        }

        public async Task<T> RequestNextAsync()
        {
            await RequestAsync(1);
            return await ExpectNextAsync();
        }

        public async Task RequestNextAsync(T element)
        {
            await RequestAsync(1);
            await ExpectNextAsync(element);
        }

        public Probe<T> Cancel()
        {
            EnsureSubscription()._demand!.Cancel();
            return this;
        }

        public async Task CancelAsync()
        {
            await EnsureSubscriptionAsync();
            _demand!.Cancel();
        }
    }
}
