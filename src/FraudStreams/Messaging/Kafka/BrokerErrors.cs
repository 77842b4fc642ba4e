using Confluent.Kafka;
using Confluent.Kafka.Admin;
using FraudStreams.Configuration;

namespace FraudStreams.Messaging.Kafka;

/// <summary>
/// Errors that a broker expects to be retried: a leader or a coordinator moving to another broker, too few in-sync replicas right now, a topic so new
/// that not every broker knows it. The client library retries them in producing and consuming; for all other calls this class does.
/// </summary>
static class BrokerErrors
{
    static readonly BackoffSettings Backoff = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));

    public static bool IsTransient(ErrorCode code) => code is
        ErrorCode.NotLeaderForPartition or ErrorCode.LeaderNotAvailable or ErrorCode.PreferredLeaderNotAvailable or ErrorCode.ReplicaNotAvailable
        or ErrorCode.FencedLeaderEpoch or ErrorCode.UnknownLeaderEpoch or ErrorCode.OffsetNotAvailable or ErrorCode.UnknownTopicOrPart
        or ErrorCode.UnknownTopicId or ErrorCode.NotEnoughReplicas or ErrorCode.NotEnoughReplicasAfterAppend or ErrorCode.NotController
        or ErrorCode.NotCoordinatorForGroup or ErrorCode.GroupCoordinatorNotAvailable or ErrorCode.GroupLoadInProgress or ErrorCode.NetworkException
        or ErrorCode.RequestTimedOut or ErrorCode.KafkaStorageError or ErrorCode.UnstableOffsetCommit
        or ErrorCode.Local_Transport or ErrorCode.Local_WaitCoord or ErrorCode.Local_UnknownPartition
        or ErrorCode.Local_UnknownTopic or ErrorCode.Local_Resolve;

    /// <summary>Retries with backoff until the call succeeds, fails with another error, or the timeout is over: then the last error is thrown.</summary>
    public static async Task<T> RetryAsync<T>(Func<TimeSpan, Task<T>> call, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        var started = TimeProvider.System.GetTimestamp();
        for (var failures = 1; ; failures++)
        {
            var pause = Backoff.Pause(failures);
            var left = timeout - TimeProvider.System.GetElapsedTime(started);
            try
            {
                return await call(left);
            }
            catch (KafkaException e) when (IsTransient(FirstOf(e).Code) && TimeProvider.System.GetElapsedTime(started) + pause < timeout)
            {
                await Task.Delay(pause, TimeProvider.System, cancellationToken);
            }
        }
    }

    /// <summary>The same, blocking the calling thread.</summary>
    public static void Retry(Action call, TimeSpan timeout, CancellationToken cancellationToken) => RetryAsync(
        _ =>
        {
            call();
            return Task.FromResult(true);
        },
        timeout, cancellationToken).GetAwaiter().GetResult();

    /// <summary>The failure's own error, or the first error of the items it reports on.</summary>
    public static Error FirstOf(KafkaException failure) => failure switch
    {
        ListOffsetsException of => First(failure, of.Result.ResultInfos.Select(info => info.TopicPartitionOffsetError.Error)),
        DescribeConfigsException of => First(failure, of.Results.Select(resource => resource.Error)),
        DescribeConsumerGroupsException of => First(failure, of.Results.ConsumerGroupDescriptions.Select(group => group.Error)),
        TopicPartitionOffsetException of => First(failure, of.Results.Select(partition => partition.Error)),
        _ => failure.Error,
    };

    static Error First(KafkaException failure, IEnumerable<Error> errors) => errors.FirstOrDefault(error => error.IsError) ?? failure.Error;
}
