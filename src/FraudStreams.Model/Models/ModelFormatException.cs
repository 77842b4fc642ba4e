namespace FraudStreams.Model.Models;

/// <summary>A stored model or feature matrix cannot be read. The message says what is wrong and, if known, where.</summary>
public sealed class ModelFormatException : Exception
{
    /// <param name="message">What is wrong.</param>
    public ModelFormatException(string message)
        : base(message) { }

    /// <param name="message">What is wrong.</param>
    /// <param name="inner">The cause.</param>
    public ModelFormatException(string message, Exception inner)
        : base(message, inner) { }
}
