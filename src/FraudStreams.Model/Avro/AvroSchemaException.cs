namespace FraudStreams.Model.Avro;

/// <summary>An Avro schema is none, or of a kind that is not read; the message says why.</summary>
public sealed class AvroSchemaException(string message, Exception? inner = null) : Exception(message, inner);
