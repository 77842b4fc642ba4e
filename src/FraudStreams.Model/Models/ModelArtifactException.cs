namespace FraudStreams.Model.Models;

/// <summary>
/// A model version's folder that cannot be written or must not be used: the message names the file and what is wrong with it.
/// </summary>
public sealed class ModelArtifactException : Exception
{
    public ModelArtifactException(string message)
        : base(message)
    {
    }

    public ModelArtifactException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
