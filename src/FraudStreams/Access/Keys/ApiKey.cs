using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace FraudStreams.Access.Keys;

/// <summary>A key as it is kept: without the key itself.</summary>
/// <param name="Name">Whose it is; changes are signed with it. One key that is in force has it.</param>
/// <param name="Prefix">The key's first characters, by which people tell keys apart.</param>
/// <param name="Hash">SHA-256 of the key, in hex. A key is 256 random bits, so there is nothing to guess that a slow hash would slow down.</param>
public sealed record ApiKey(string Name, AccessRole Role, string Prefix, string Hash, string CreatedBy, DateTimeOffset CreatedAt)
{
    /// <summary>Begins every key, so that scanners for secrets find one that was committed or mailed.</summary>
    public const string Begin = "fsk_";

    public const int ShownCharacters = 8;

    const int RandomBytes = 32;

    public static string Generate() => Begin + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));

    public static string HashOf(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
