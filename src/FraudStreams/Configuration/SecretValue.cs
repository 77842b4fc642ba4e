namespace FraudStreams.Configuration;

/// <summary>A password or key. It prints as stars, so that no log of settings shows it.</summary>
public sealed class SecretValue(string value)
{
    public bool IsEmpty => value.Length == 0;

    /// <summary>The environment variable's value, or else what stands in the file that the section's key names; empty where neither is given.</summary>
    /// <exception cref="SettingsException">The file cannot be read.</exception>
    public static SecretValue Read(string variable, SettingsSection section, string fileKey, Func<string, string?> environment)
    {
        if (environment(variable) is { Length: > 0 } value)
            return new SecretValue(value);
        if (section.Text(fileKey) is not { Length: > 0 } file)
            return new SecretValue("");
        try
        {
            return new SecretValue(File.ReadAllText(file).TrimEnd('\r', '\n'));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"{section.PathOf(fileKey)} = {file} cannot be read: {e.Message}", e);
        }
    }

    public string Reveal() => value;

    public override string ToString() => IsEmpty ? "" : "****";
}
