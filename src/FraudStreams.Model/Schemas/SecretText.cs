using System.Text;

namespace FraudStreams.Model.Schemas;

/// <summary>How values of secret fields look outside the host.</summary>
public static class SecretText
{
    const string Hidden = "****";

    /// <summary>
    /// The last four digits of a number of at least eight digits ("****5483"), which people know their card by; of anything else nothing.
    /// </summary>
    public static string Mask(ReadOnlySpan<byte> utf8) =>
        utf8.Length >= 8 && !utf8.ContainsAnyExceptInRange((byte)'0', (byte)'9') ? Hidden + Encoding.ASCII.GetString(utf8[^4..]) : Hidden;
}
