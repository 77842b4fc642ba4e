using Akka.Actor;
using Akka.TestKit;

namespace Akka.Streams.TestKit;

/// <summary>An upstream in the test's hands: it sees the demand and sends elements.</summary>
public static class TestPublisher
{
    public interface IPublisherEvent;

    public readonly struct Subscribe : IPublisherEvent
    {
        internal Subscribe(object stream) => Stream = stream;

        internal object Stream { get; }
    }

    public readonly struct RequestMore : IPublisherEvent
    {
        public readonly long NrOfElements;

        internal RequestMore(long n) => NrOfElements = n;
    }

    public readonly struct CancelSubscription : IPublisherEvent;

    /// <summary>Where a publisher sends what it has.</summary>
    internal interface IStream<in T>
    {
        void Next(T element);

        void Complete();

        void Fail(Exception cause);
    }

    public class ManualProbe<T>
    {
        private protected readonly TestProbe Events;

        internal ManualProbe(TestKitBase testKit) => Events = testKit.CreateTestProbe();

        internal IActorRef Ref => Events.Ref;
    }

    public sealed class Probe<T> : ManualProbe<T>
    {
        IStream<T>? _stream;

        internal Probe(TestKitBase testKit) : base(testKit) { }

        /// <summary>Demand that was seen and not yet met.</summary>
        public long Pending { get; private set; }

        public void EnsureSubscription(CancellationToken cancellationToken = default) =>
            _stream ??= (IStream<T>)Events.ExpectMsg<Subscribe>(cancellationToken: cancellationToken).Stream;

        public async Task EnsureSubscriptionAsync(CancellationToken cancellationToken = default) =>
            _stream ??= (IStream<T>)(await Events.ExpectMsgAsync<Subscribe>(cancellationToken: cancellationToken)).Stream;

        public async Task SendNextAsync(T element, CancellationToken cancellationToken = default)
        {
            await EnsureSubscriptionAsync(cancellationToken);
            if (Pending == 0) await ExpectRequestAsync(cancellationToken);
            Pending--;
            _stream!.Next(element);
        }

        public async Task SendCompleteAsync(CancellationToken cancellationToken = default)
        {
            await EnsureSubscriptionAsync(cancellationToken);
            _stream!.Complete();
        }

        public async Task SendErrorAsync(Exception cause, CancellationToken cancellationToken = default)
        {
            await EnsureSubscriptionAsync(cancellationToken);
            _stream!.Fail(cause);
        }

        public async Task<long> ExpectRequestAsync(CancellationToken cancellationToken = default)
        {
            await EnsureSubscriptionAsync(cancellationToken);
            return Count(await Events.ExpectMsgAsync<RequestMore>(cancellationToken: cancellationToken));
        }

        public async Task ExpectCancellationAsync(CancellationToken cancellationToken = default)
        {
            await EnsureSubscriptionAsync(cancellationToken);
            await Events.FishForMessageAsync<object>(message => message is CancelSubscription, cancellationToken: cancellationToken);
        }

        long Count(RequestMore request)
        {
            Pending += request.NrOfElements;
            return request.NrOfElements;
        }
    }
}
