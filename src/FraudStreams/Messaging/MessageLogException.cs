namespace FraudStreams.Messaging;

/// <summary>A topic could not be read or written. Nothing of the failed call was kept; the message gives the reason and the remedy.</summary>
public class MessageLogException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Offsets of a partition were to be committed that belongs to another consumer by now. Without what was read of it the batch can be published again.</summary>
/// <param name="partition">Its number in the topic that the offsets are of.</param>
public sealed class PartitionRevokedException(int partition, string message) : MessageLogException(message)
{
    public int Partition => partition;
}
