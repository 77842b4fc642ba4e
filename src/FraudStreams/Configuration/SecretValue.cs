namespace FraudStreams.Configuration;

/// <summary>A password or key. It prints as stars, so that no log of settings shows it.</summary>
/// <param name="source">The environment variable or file that it came from, for messages.</param>
public sealed class SecretValue(string value, string source = "")
{
    public bool IsEmpty => value.Length == 0;

    /// <summary>The environment variable or file that it came from, for messages; empty where neither is given.</summary>
    public string Source => source;

    /// <summary>
    /// The environment variable's value, or else what stands in the file that the section's key names; empty where neither is given. Line ends at the end are
    /// cut from both: editors, echo and mounted secrets add one, and no password ends with one.
    /// </summary>
    /// <exception cref="SettingsException">The file cannot be read, or what was given is empty; names the variable or file.</exception>
    public static SecretValue Read(string variable, SettingsSection section, string fileKey, Func<string, string?> environment)
    {
        if (environment(variable) is { Length: > 0 } value)
            return Of(value, $"the environment variable {variable}");
        if (section.Text(fileKey) is not { Length: > 0 } file)
            return new SecretValue("");
        var source = $"{section.PathOf(fileKey)} = {file}";
        try
        {
            return Of(File.ReadAllText(file), source);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"{source} cannot be read: {e.Message}", e);
        }
    }

    public string Reveal() => value;

    public override string ToString() => IsEmpty ? "" : "****";

    static SecretValue Of(string text, string source) => text.TrimEnd('\r', '\n') is { Length: > 0 } value
        ? new SecretValue(value, source)
        : throw new SettingsException($"{source} is empty: it must hold the secret");
}
