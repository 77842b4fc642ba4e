namespace FraudStreams.Storage;

/// <summary>The prediction store could not be used. Nothing of the batch that failed was kept; the message says why and what would help.</summary>
public sealed class StoreException(string message, Exception? inner = null) : Exception(message, inner);
