using System.Buffers;
using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace FraudStreams.Model.Schemas;

/// <summary>A key of tokens.</summary>
/// <param name="Name">Stands in each token, so that it is known with which key a token was made: letters and digits.</param>
public sealed record CardTokenKey(string Name, ImmutableArray<byte> Secret)
{
    /// <summary>Hides the secret.</summary>
    public override string ToString() => $"key {Name}";
}

/// <summary>
/// Replaces the card number of a payment's record by a token: HMAC-SHA256 under a secret key, cut to 128 bits, with the key's name before it and the last four
/// digits behind it, such as `tok_a1_Jx0…_7771`. A card has one token under a key, so that windows, partitions and searches work as with the number. A token
/// stays as it is. Several threads may use it at once.
/// </summary>
/// <param name="keys">The key in force, and the one before it, whose tokens are still found.</param>
public sealed class CardTokens(TransactionSchema schema, ImmutableArray<CardTokenKey> keys)
{
    /// <summary>Begins every token.</summary>
    public const string Begin = "tok_";

    const int TokenBytes = 16;
    const int ShownDigits = 4;

    /// <summary>A shorter number is more its last four digits than a card.</summary>
    const int LeastDigits = 11;

    const int DeepestNesting = 40;

    const int LongestGrouped = 64;

    static readonly SearchValues<byte> s_grouped = SearchValues.Create("0123456789 -"u8), s_groupSigns = SearchValues.Create(" -"u8);

    /// <summary>The digits of a token behind its last mark, by which people recognise a card; none where it is no token.</summary>
    public static ReadOnlySpan<byte> LastDigitsOf(ReadOnlySpan<byte> token) =>
        IsToken(token) && token.Length > ShownDigits + 1 && token[^(ShownDigits + 1)] == '_' && !token[^ShownDigits..].ContainsAnyExceptInRange((byte)'0', (byte)'9') ? token[^ShownDigits..] : [];

    /// <summary>Whether a card field holds a token.</summary>
    public static bool IsToken(ReadOnlySpan<byte> card) => card.StartsWith("tok_"u8);

    /// <summary>The tokens of a card, that of the key in force first.</summary>
    public ImmutableArray<string> Of(string card) => [.. keys.Select(key => Of(Encoding.UTF8.GetBytes(card), key))];

    /// <summary>A card's digits without the blanks and hyphens between them; anything else as it is.</summary>
    public static string CanonicalOf(string card) => Encoding.UTF8.GetString(Canonical(Encoding.UTF8.GetBytes(card)));

    /// <summary>A key of a topic, where it is a card.</summary>
    public byte[] Key(ReadOnlySpan<byte> card) => card.IsEmpty || IsToken(card) ? card.ToArray() : Encoding.UTF8.GetBytes(Of(card, keys[0]));

    /// <summary>
    /// The record with its card replaced, also where another field repeats it, and other card numbers in its texts masked; its id stays. Where the record is no
    /// JSON object with a card, every card number in it is masked instead: it goes to `rejected` with its bytes. Takes any bytes.
    /// </summary>
    /// <param name="token">The token; empty where the record has no card.</param>
    public byte[] Replace(ReadOnlySpan<byte> record, out byte[] token)
    {
        if (TryFindCard(record, out var start, out var card))
        {
            token = Key(card);
            try
            {
                return Rewritten(record, start, card, token);
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                // A text that is no text, such as half a surrogate: no payment either.
            }
        }

        token = [];
        var masked = record.ToArray();
        CardNumbers.Mask(masked);
        return masked;
    }

    byte[] Rewritten(ReadOnlySpan<byte> record, int cardStart, byte[] card, byte[] token)
    {
        var into = new ArrayBufferWriter<byte>(record.Length + 64);
        var json = new Utf8JsonReader(record, new JsonReaderOptions { MaxDepth = DeepestNesting });
        var digits = Canonical(card);
        var (isId, copied) = (false, 0);
        while (json.Read())
        {
            if (json.TokenType == JsonTokenType.PropertyName)
                isId = json.CurrentDepth == 1 && json.ValueTextEquals(schema.Roles.Id);
            if (json.TokenType is not (JsonTokenType.String or JsonTokenType.Number))
                continue;
            var (start, end) = ((int)json.TokenStartIndex, (int)json.BytesConsumed);

            // What is a token already is written as it is: it may be anything behind its beginning.
            if (start == cardStart && IsToken(card))
                continue;
            var value = start == cardStart || (!isId && json.TokenType == JsonTokenType.Number && digits.Length >= LeastDigits && json.ValueSpan.SequenceEqual(digits)) ? token
                : isId || json.TokenType == JsonTokenType.Number ? null
                : WithoutNumbers(ref json, card, digits, token);
            if (value is null || record[start..end].SequenceEqual((byte[])[(byte)'"', .. value, (byte)'"']))
                continue;
            into.Write(record[copied..start]);
            into.Write("\""u8);
            into.Write(value);
            into.Write("\""u8);
            copied = end;
        }

        into.Write(record[copied..]);
        return into.WrittenSpan.ToArray();
    }

    /// <summary>A text in which the card, or where columns are shifted or a merchant notes one, another number stands: as it is written without it. Null for any other text.</summary>
    static byte[]? WithoutNumbers(ref Utf8JsonReader json, ReadOnlySpan<byte> card, ReadOnlySpan<byte> digits, ReadOnlySpan<byte> token)
    {
        // Between escapes a number would not be found, or an escape be cut.
        var isEscaped = json.ValueIsEscaped;
        if (!isEscaped && json.ValueSpan.IndexOf(card) < 0 && json.ValueSpan.IndexOf(digits) < 0 && CardNumbers.Count(json.ValueSpan) == 0)
            return null;
        var text = isEscaped ? Encoding.UTF8.GetBytes(json.GetString()!) : json.ValueSpan.ToArray();
        var isChanged = TryReplace(ref text, card, token);
        isChanged |= TryReplace(ref text, digits, token);
        isChanged |= CardNumbers.Mask(text);
        return !isChanged ? null : isEscaped ? JsonEncodedText.Encode(text).EncodedUtf8Bytes.ToArray() : text;
    }

    /// <summary>Short values, such as an account of three letters, would be found everywhere.</summary>
    static bool TryReplace(ref byte[] text, ReadOnlySpan<byte> card, ReadOnlySpan<byte> token)
    {
        if (card.Length < LeastDigits || token.SequenceEqual(card) || text.AsSpan().IndexOf(card) < 0)
            return false;
        var into = new ArrayBufferWriter<byte>(text.Length + token.Length);
        ReadOnlySpan<byte> left = text;
        while (left.IndexOf(card) is >= 0 and var at)
        {
            into.Write(left[..at]);
            into.Write(token);
            left = left[(at + card.Length)..];
        }

        into.Write(left);
        text = into.WrittenSpan.ToArray();
        return true;
    }

    static string Of(ReadOnlySpan<byte> card, CardTokenKey key)
    {
        var canonical = Canonical(card);
        var hash = HMACSHA256.HashData(key.Secret.AsSpan(), canonical);
        var isNumber = canonical.Length >= LeastDigits && !canonical.ContainsAnyExceptInRange((byte)'0', (byte)'9');
        return $"{Begin}{key.Name}_{Base64Url.EncodeToString(hash.AsSpan(0, TokenBytes))}{(isNumber ? $"_{Encoding.ASCII.GetString(canonical[^ShownDigits..])}" : "")}";
    }

    /// <summary>A number that is written in groups is the same card.</summary>
    static ReadOnlySpan<byte> Canonical(ReadOnlySpan<byte> card)
    {
        if (card.Length > LongestGrouped || !card.ContainsAny(s_groupSigns) || card.ContainsAnyExcept(s_grouped))
            return card;
        var (digits, count) = (new byte[card.Length], 0);
        foreach (var sign in card)
        {
            if (!s_groupSigns.Contains(sign))
                digits[count++] = sign;
        }

        return digits.AsSpan(0, count);
    }

    /// <summary>Finds the value of the card field of a flat JSON object; the last one where it stands twice, as that is a fault of the record anyway.</summary>
    bool TryFindCard(ReadOnlySpan<byte> record, out int start, out byte[] card)
    {
        (start, card) = (0, []);
        if (schema.Roles.Card is not { } name)
            return false;
        var json = new Utf8JsonReader(record, new JsonReaderOptions { MaxDepth = DeepestNesting });
        var found = 0;
        try
        {
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                return false;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var isCard = json.ValueTextEquals(name);
                json.Read();
                if (isCard && json.TokenType is (JsonTokenType.String or JsonTokenType.Number))
                {
                    found++;
                    start = (int)json.TokenStartIndex;
                    card = json.TokenType == JsonTokenType.String ? Encoding.UTF8.GetBytes(json.GetString()!) : json.ValueSpan.ToArray();
                }
                else
                {
                    json.Skip();
                }
            }

            return found == 1 && card.Length > 0 && json.TokenType == JsonTokenType.EndObject && !json.Read();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
