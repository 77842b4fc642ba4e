using FraudStreams.Configuration;

namespace FraudStreams.Topics;

/// <summary>A schema registry with the interface of Confluent's, which says how records of a topic of others are written.</summary>
/// <param name="Url">One or more addresses, separated by commas.</param>
/// <param name="User">For basic authentication; empty where none is needed.</param>
/// <param name="Timeout">Of each question.</param>
public sealed record SchemaRegistrySettings(string Url, string User, SecretValue Password, TimeSpan Timeout)
{
    const string PasswordVariable = "FRAUDSTREAMS_REGISTRY_PASSWORD";

    /// <summary>Null where there is none.</summary>
    public static SchemaRegistrySettings? From(SettingsSection section)
    {
        var url = section.Text("url");
        foreach (var address in url.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps))
                throw section.Senseless("url", "an address such as https://registry.example:8081");
            if (uri.UserInfo.Length > 0)
                throw new SettingsException($"{section.PathOf("url")}: a password does not belong into the address; set it in {PasswordVariable} or {section.PathOf("password-file")}");
        }

        var settings = new SchemaRegistrySettings(
            url, section.Text("user"), SecretValue.Read(PasswordVariable, section, "password-file", Environment.GetEnvironmentVariable),
            section.Duration("timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)));
        return url.Length == 0 ? null : settings;
    }
}
