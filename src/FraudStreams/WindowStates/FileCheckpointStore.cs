using FraudStreams.Messaging;

namespace FraudStreams.WindowStates;

/// <summary>Keeps snapshots as files in the data folder, beside the embedded log.</summary>
sealed class FileCheckpointStore(string dataDirectory) : ICheckpointStore
{
    readonly string _folder = Directory.CreateDirectory(Path.Combine(dataDirectory, "memory")).FullName;

    public string Draft(TopicPartition partition) => PathOf(partition) + ".draft";

    public Task KeepAsync(TopicPartition partition, CancellationToken cancellationToken)
    {
        File.Move(Draft(partition), PathOf(partition), overwrite: true);
        return Task.CompletedTask;
    }

    public Task<Stream?> OpenAsync(TopicPartition partition, CancellationToken cancellationToken) =>
        Task.FromResult<Stream?>(File.Exists(PathOf(partition)) ? File.OpenRead(PathOf(partition)) : null);

    public void Dispose()
    {
        // Nothing is kept open.
    }

    string PathOf(TopicPartition partition) => Path.Combine(_folder, $"{partition.Topic}-{partition.Partition}.windows");
}
