namespace FraudStreams.Model.Formats;

/// <summary>
/// A model version's folder that cannot be written or must not be used: the message names the file and what is wrong with it.
/// </summary>
public sealed class ModelFolderException : Exception
{
    public ModelFolderException(string message)
        : base(message)
    {
    }

    public ModelFolderException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
