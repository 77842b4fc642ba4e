namespace FraudStreams.Messaging;

/// <summary>A topic could not be read or written. Nothing of the failed call was kept; the message gives the reason and the remedy.</summary>
public sealed class MessageLogException(string message, Exception? inner = null) : Exception(message, inner);
