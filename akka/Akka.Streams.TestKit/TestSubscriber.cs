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

        private protected async Task<IDemand> SubscribedAsync(CancellationToken cancellationToken) =>
            (await Events.ExpectMsgAsync<OnSubscribe>(cancellationToken: cancellationToken)).Demand;
    }

    public sealed class Probe<T> : ManualProbe<T>
    {
        IDemand? _demand;

        internal Probe(TestKitBase testKit) : base(testKit) { }

        public async Task EnsureSubscriptionAsync(CancellationToken cancellationToken = default) =>
            _demand ??= await SubscribedAsync(cancellationToken);

        public async Task RequestAsync(long n)
        {
            await EnsureSubscriptionAsync();
            _demand!.Request(n);
        }

        public async Task RequestNextAsync(T element)
        {
            await RequestAsync(1);
            await ExpectNextAsync(element);
        }

        public async Task CancelAsync()
        {
            await EnsureSubscriptionAsync();
            _demand!.Cancel();
        }
    }
}
