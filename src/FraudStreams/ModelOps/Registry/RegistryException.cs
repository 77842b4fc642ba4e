namespace FraudStreams.ModelOps.Registry;

/// <summary>The registry does not do what was asked; the message is for the person who asked.</summary>
public sealed class RegistryException(string message) : Exception(message);
