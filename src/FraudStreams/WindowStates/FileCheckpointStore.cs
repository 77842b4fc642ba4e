using FraudStreams.Messaging;
using FraudStreams.Topics;

namespace FraudStreams.WindowStates;

/// <summary>Snapshots as files of the data folder, beside the embedded topics.</summary>
sealed class FileCheckpointStore(string dataDirectory) : ICheckpointStore
{
    readonly string _folder = Directory.CreateDirectory(Path.Combine(dataDirectory, "memory")).FullName;

    public string Draft(TopicPartition partition) => PathOf(partition) + ".draft";

    public Task KeepAsync(TopicPartition partition, CancellationToken ct)
    {
        File.Move(Draft(partition), PathOf(partition), overwrite: true);
        return Task.CompletedTask;
    }

    public Task<Stream?> OpenAsync(TopicPartition partition, CancellationToken ct) =>
        Task.FromResult<Stream?>(File.Exists(PathOf(partition)) ? File.OpenRead(PathOf(partition)) : null);

    public void Dispose()
    {
        // Nothing is kept open.
    }

    string PathOf(TopicPartition partition) => Path.Combine(_folder, $"{partition.Topic}-{partition.Partition}.windows");
}
