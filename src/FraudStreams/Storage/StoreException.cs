namespace FraudStreams.Storage;

/// <summary>The prediction store could not be used. Nothing of the failed batch was kept; the message gives the reason and the remedy.</summary>
public sealed class StoreException(string message, Exception? inner = null) : Exception(message, inner);
