using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using FraudStreams.Configuration;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Privacy;

/// <summary>Whether card numbers are replaced by tokens before they reach a topic.</summary>
/// <param name="Keys">The key in force, and the one before it; none: numbers stay as they come.</param>
public sealed record PrivacySettings(ImmutableArray<CardTokenKey> Keys)
{
    const int LeastBytes = 32;
    const int MostKeys = 2;

    public static PrivacySettings From(SettingsSection section)
    {
        var (isOn, file) = (section.Flag("card-token"), section.Text("token-key-file"));
        if (!isOn)
            return new PrivacySettings([]);
        var path = section.PathOf("token-key-file");
        if (file.Length == 0)
            throw new SettingsException($"{path} is empty and {section.PathOf("card-token")} is on: `fraudstreams privacy key FILE` makes a file with a key");
        try
        {
            return new PrivacySettings(Read(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"{path} = {file} cannot be read: {e.Message}. `fraudstreams privacy key FILE` makes one", e);
        }
        catch (FormatException e)
        {
            throw new SettingsException($"{path} = {file}: {e.Message}", e);
        }
    }

    /// <summary>What replaces cards of a schema; null where they stay as they come.</summary>
    /// <exception cref="SettingsException">The schema has no card.</exception>
    public CardTokens? For(TransactionSchema schema) => Keys.IsEmpty ? null
        : schema.Roles.Card is null ? throw new SettingsException($"fraudstreams.privacy.card-token = on: schema {schema.Name} has no card: set it to off")
        : new CardTokens(schema, Keys);

    /// <summary>Puts a new key first into a file and leaves the one that was first second; makes the file where it is missing.</summary>
    /// <returns>The new key's name, and that of the one before it.</returns>
    public static (string Name, string? Before) Rotate(string file)
    {
        var before = File.Exists(file) ? Read(file) : [];
        var key = new CardTokenKey(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(2)), [.. RandomNumberGenerator.GetBytes(LeastBytes)]);
        var text = new StringBuilder("# Keys of card tokens: the first makes them, the second is the one before it. Who has them can tell which token is which card.\n");
        foreach (var line in before.Take(1).Prepend(key))
            text.Append($"{line.Name}:{Convert.ToBase64String(line.Secret.AsSpan())}\n");

        // Whole or not at all: a key that is lost cannot be made again.
        File.WriteAllText($"{file}.new", text.ToString());
        File.Move($"{file}.new", file, overwrite: true);
        return (key.Name, before.FirstOrDefault()?.Name);
    }

    static ImmutableArray<CardTokenKey> Read(string file)
    {
        var lines = File.ReadAllLines(file).Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#').ToList();
        if (lines.Count is 0 or > MostKeys)
            throw new FormatException($"it holds {lines.Count} keys; it must be one, or two after a rotation, a line each: NAME:KEY in base64");
        return
        [
            .. lines.Select((line, number) =>
            {
                var colon = line.IndexOf(':', StringComparison.Ordinal);
                var secret = new byte[line.Length];
                if (colon < 1 || line[..colon].Any(sign => !char.IsAsciiLetterOrDigit(sign)) || !Convert.TryFromBase64String(line[(colon + 1)..], secret, out var length) || length < LeastBytes)
                    throw new FormatException($"its key {number + 1} is none: it must be NAME:KEY, NAME of letters and digits, KEY of at least {LeastBytes} bytes in base64");
                return new CardTokenKey(line[..colon], [.. secret.AsSpan(0, length)]);
            }),
        ];
    }
}
