namespace FraudStreams.Model.Models;

/// <summary>
/// The folder of a model version cannot be written, or is not valid. The message names the file and the problem.
/// </summary>
public sealed class ModelArtifactException : Exception
{
    /// <param name="message">The file and the problem.</param>
    public ModelArtifactException(string message)
        : base(message)
    {
    }

    /// <param name="message">The file and the problem.</param>
    /// <param name="inner">The cause.</param>
    public ModelArtifactException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
