namespace FraudStreams.Model.Features.Windows;

/// <summary>
/// A snapshot cannot be used: it is damaged, or has another format version or other windows. The state can be rebuilt from the log. The message
/// contains no keys or values.
/// </summary>
/// <param name="message">What is wrong.</param>
/// <param name="inner">The cause, if any.</param>
public sealed class WindowSnapshotException(string message, Exception? inner = null) : Exception(message, inner);
