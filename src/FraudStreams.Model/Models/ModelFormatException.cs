namespace FraudStreams.Model.Models;

/// <summary>A stored model cannot be read: the message says what is wrong and, where known, where.</summary>
public sealed class ModelFormatException : Exception
{
    public ModelFormatException(string message)
        : base(message) { }

    public ModelFormatException(string message, Exception inner)
        : base(message, inner) { }
}
