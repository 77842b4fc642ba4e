namespace FraudStreams.Configuration;

/// <summary>A key that is unknown, missing or senseless. The message names the file or the key, its value, and what would be right.</summary>
public sealed class SettingsException : Exception
{
    public SettingsException(string message) : base(message)
    {
    }

    public SettingsException(string message, Exception cause) : base(message, cause)
    {
    }

    public static SettingsException Senseless(string path, string? value, string right) =>
        new($"{path} = {(string.IsNullOrEmpty(value) ? "(empty)" : value)}: it must be {right}");
}
