namespace FraudStreams.Messaging;

/// <summary>A topic could not be read or written. Nothing of the call that failed was kept; the message says why and what would help.</summary>
public sealed class MessageLogException(string message, Exception? inner = null) : Exception(message, inner);
