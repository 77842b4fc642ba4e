using System.Text;

namespace FraudStreams.Model.Schemas;

/// <summary>Masks values of secret fields.</summary>
public static class SecretText
{
    const string Hidden = "****";

    /// <summary>
    /// "****" and the last four digits of a number of at least eight digits ("****5483"), by which a card is recognised, and of a card's token; "****" for anything else.
    /// </summary>
    /// <param name="utf8">The value, in UTF-8.</param>
    public static string Mask(ReadOnlySpan<byte> utf8) => CardTokens.LastDigitsOf(utf8) is { Length: > 0 } digits ? Hidden + Encoding.ASCII.GetString(digits) :
        utf8.Length >= 8 && !utf8.ContainsAnyExceptInRange((byte)'0', (byte)'9') ? Hidden + Encoding.ASCII.GetString(utf8[^4..]) : Hidden;
}
