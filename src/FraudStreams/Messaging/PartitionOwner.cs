namespace FraudStreams.Messaging;

/// <summary>The process that a partition is assigned to in a group.</summary>
/// <param name="Machine">As <see cref="Environment.MachineName"/> has it there: an address of a machine's own means another process on another one.</param>
/// <param name="Address">Where it answers over HTTP.</param>
public sealed record PartitionOwner(string Machine, Uri Address);
