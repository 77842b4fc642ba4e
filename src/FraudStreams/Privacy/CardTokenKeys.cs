using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Privacy;

/// <summary>The file of the keys of card tokens: a line each, NAME:KEY in base64.</summary>
/// <param name="Keys">The key in force, and those before it, the latest first.</param>
sealed record CardTokenKeys(ImmutableArray<CardTokenKey> Keys)
{
    const int LeastBytes = 32;

    /// <summary>Each is one more hash for each payment.</summary>
    const int MostKeys = 20;

    /// <exception cref="FormatException">It holds no keys, or others than the program makes.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static CardTokenKeys Read(string file)
    {
        var lines = File.ReadAllLines(file).Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#').ToList();
        if (lines.Count is 0 or > MostKeys)
            throw new FormatException($"it holds {lines.Count} keys; it must be one, and one more for each rotation, at most {MostKeys}, a line each: NAME:KEY in base64");
        CardTokenKey[] keys =
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
        return keys.GroupBy(key => key.Name).FirstOrDefault(key => key.Count() > 1) is { } twice
            ? throw new FormatException($"two of its keys are called {twice.Key}; each needs a name of its own")
            : new CardTokenKeys([.. keys]);
    }

    /// <summary>Puts a new key first into a file, before those that are there; makes the file, for its owner alone, where it is missing. Mode and owner of a file that is there stay where they can.</summary>
    /// <exception cref="FormatException">The file holds no keys.</exception>
    /// <exception cref="IOException">The file cannot be read or written; it is as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static RotatedKey Rotate(string file)
    {
        var isThere = File.Exists(file);
        var before = isThere ? Read(file).Keys : [];
        if (before.Length == MostKeys)
            throw new FormatException($"it holds {MostKeys} keys, which is the most: begin a new file, and with it windows anew");
        var key = new CardTokenKey(NewName(before), [.. RandomNumberGenerator.GetBytes(LeastBytes)]);
        var text = new StringBuilder("# Keys of card tokens: the first makes them, from those that the others made before: without one of them, cards get other tokens. Who has them can tell which token is which card.\n");
        foreach (var line in before.Prepend(key))
            text.Append($"{line.Name}:{Convert.ToBase64String(line.Secret.AsSpan())}\n");

        // Whole or not at all, and on the disk before it takes the place of the other: a key that is lost cannot be made again.
        var draft = $"{file}.new";
        File.Delete(draft);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var written = new FileStream(draft, options))
        {
            written.Write(Encoding.UTF8.GetBytes(text.ToString()));
            written.Flush(flushToDisk: true);
        }

        string? owner = null;
        if (isThere && !OperatingSystem.IsWindows())
        {
            // The owner before the mode: giving a file away may take rights from it.
            owner = FileOwner.GiveTo(draft, file) ? null : FileOwner.Of(file);
            File.SetUnixFileMode(draft, File.GetUnixFileMode(file));
        }

        File.Move(draft, file, overwrite: true);
        return new RotatedKey(key.Name, before.FirstOrDefault()?.Name, owner);
    }

    static string NewName(ImmutableArray<CardTokenKey> before)
    {
        string name;
        do
            name = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(2));
        while (before.Any(key => key.Name == name));
        return name;
    }
}

/// <param name="Name">The new key's.</param>
/// <param name="Before">Of the one before it.</param>
/// <param name="LostOwner">As chown takes it: whose the file was before and could not stay; null where it is whose it was.</param>
sealed record RotatedKey(string Name, string? Before, string? LostOwner);
