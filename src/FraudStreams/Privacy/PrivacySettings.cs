using FraudStreams.Configuration;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Privacy;

/// <summary>Whether card numbers are replaced by tokens before they reach a topic. The key file is read when it is first needed, so that commands that need no key work without it.</summary>
public sealed class PrivacySettings
{
    readonly Lazy<CardTokenKeys> _keys;

    PrivacySettings(string path, string keyFile, bool isOn)
    {
        (KeyFile, IsOn) = (isOn ? keyFile : null, isOn);
        _keys = new(() => Read(path, keyFile));
    }

    public bool IsOn { get; }

    /// <summary>Null where cards stay as they come.</summary>
    public string? KeyFile { get; }

    public static PrivacySettings From(SettingsSection section)
    {
        var (isOn, file) = (section.Flag("card-token"), section.Text("token-key-file"));
        var path = section.PathOf("token-key-file");
        return isOn && file.Length == 0
            ? throw new SettingsException($"{path} is empty and {section.PathOf("card-token")} is on: `fraudstreams privacy key FILE` makes a file with a key")
            : new PrivacySettings(path, file, isOn);
    }

    /// <summary>What replaces cards of a schema; null where they stay as they come.</summary>
    /// <exception cref="SettingsException">The schema has no card, or the key file cannot be used.</exception>
    public CardTokens? For(TransactionSchema schema) => !IsOn ? null
        : schema.Roles.Card is null ? throw new SettingsException($"fraudstreams.privacy.card-token = on: schema {schema.Name} has no card: set it to off")
        : new CardTokens(schema, _keys.Value.Keys);

    static CardTokenKeys Read(string path, string file)
    {
        try
        {
            return CardTokenKeys.Read(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SettingsException($"{path} = {file}: there is no such file. On a further host copy that of the others; `fraudstreams privacy key FILE` makes the first", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"{path} = {file} cannot be read: {e.Message} It is there: user {Environment.UserName} needs the right to read it", e);
        }
        catch (FormatException e)
        {
            throw new SettingsException($"{path} = {file}: {e.Message}", e);
        }
    }
}
