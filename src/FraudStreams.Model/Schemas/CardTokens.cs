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

    static readonly SearchValues<byte> s_grouped = SearchValues.Create("0123456789 -"u8);

    /// <summary>The digits of a token behind its last mark, by which people recognise a card; none where it is no token.</summary>
    public static ReadOnlySpan<byte> LastDigitsOf(ReadOnlySpan<byte> token) =>
        IsToken(token) && token.Length > ShownDigits + 1 && token[^(ShownDigits + 1)] == '_' && !token[^ShownDigits..].ContainsAnyExceptInRange((byte)'0', (byte)'9') ? token[^ShownDigits..] : [];

    /// <summary>Whether a card field holds a token.</summary>
    public static bool IsToken(ReadOnlySpan<byte> card) => card.StartsWith("tok_"u8);

    /// <summary>The tokens of a card, that of the key in force first.</summary>
    public ImmutableArray<string> Of(string card) => [.. keys.Select(key => Of(Encoding.UTF8.GetBytes(card), key))];

    /// <summary>A key of a topic, where it is a card.</summary>
    public byte[] Key(ReadOnlySpan<byte> card) => card.IsEmpty || IsToken(card) ? card.ToArray() : Encoding.UTF8.GetBytes(Of(card, keys[0]));

    /// <summary>
    /// The record with its card replaced, also where another field repeats it. Where the record is no JSON object with a card, every card number in it is
    /// masked instead: it goes to `rejected` with its bytes.
    /// </summary>
    /// <param name="token">The token; empty where the record has no card.</param>
    public byte[] Replace(ReadOnlySpan<byte> record, out byte[] token)
    {
        if (!TryFindCard(record, out var start, out var length, out var card))
        {
            token = [];
            var masked = record.ToArray();
            CardNumbers.Mask(masked);
            return masked;
        }

        token = Key(card);
        if (card.AsSpan().SequenceEqual(token))
        {
            var same = record.ToArray();
            if (CardNumbers.Count(same) > 0)
                MaskTexts(same);
            return same;
        }

        var into = new ArrayBufferWriter<byte>(record.Length + 64);
        WriteWithout(record[..start], card, token, into);
        into.Write("\""u8);
        into.Write(token);
        into.Write("\""u8);
        WriteWithout(record[(start + length)..], card, token, into);
        var replaced = into.WrittenSpan.ToArray();
        if (CardNumbers.Count(replaced) > 0)
            MaskTexts(replaced);
        return replaced;
    }

    /// <summary>Other texts than the id: where columns are shifted, or a merchant notes a card, a number stands in a field that is none for it.</summary>
    void MaskTexts(byte[] record)
    {
        var json = new Utf8JsonReader(record, new JsonReaderOptions { MaxDepth = DeepestNesting });
        var isId = false;
        while (json.Read())
        {
            if (json.TokenType == JsonTokenType.PropertyName)
                isId = json.ValueTextEquals(schema.Roles.Id);
            else if (json.TokenType == JsonTokenType.String && !isId)
                CardNumbers.Mask(record.AsSpan((int)json.TokenStartIndex, (int)(json.BytesConsumed - json.TokenStartIndex)));
        }
    }

    static string Of(ReadOnlySpan<byte> card, CardTokenKey key)
    {
        Span<byte> digits = stackalloc byte[card.Length <= 64 ? card.Length : 0];
        var canonical = Canonical(card, digits);
        var hash = HMACSHA256.HashData(key.Secret.AsSpan(), canonical);
        var isNumber = canonical.Length >= LeastDigits && !canonical.ContainsAnyExceptInRange((byte)'0', (byte)'9');
        return $"{Begin}{key.Name}_{Base64Url.EncodeToString(hash.AsSpan(0, TokenBytes))}{(isNumber ? $"_{Encoding.ASCII.GetString(canonical[^ShownDigits..])}" : "")}";
    }

    /// <summary>A number that is written in groups is the same card.</summary>
    static ReadOnlySpan<byte> Canonical(ReadOnlySpan<byte> card, Span<byte> digits)
    {
        if (digits.Length < card.Length || card.ContainsAnyExcept(s_grouped))
            return card;
        var count = 0;
        foreach (var sign in card)
        {
            if (sign is not ((byte)' ' or (byte)'-'))
                digits[count++] = sign;
        }

        return digits[..count].ToArray();
    }

    /// <summary>Finds the value of the card field of a flat JSON object; the last one where it stands twice, as that is a fault of the record anyway.</summary>
    bool TryFindCard(ReadOnlySpan<byte> record, out int start, out int length, out byte[] card)
    {
        (start, length, card) = (0, 0, []);
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
                    (start, length) = ((int)json.TokenStartIndex, (int)(json.BytesConsumed - json.TokenStartIndex));
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

    /// <summary>Short values, such as an account of three letters, would be found everywhere.</summary>
    static void WriteWithout(ReadOnlySpan<byte> text, ReadOnlySpan<byte> card, ReadOnlySpan<byte> token, ArrayBufferWriter<byte> into)
    {
        while (card.Length >= LeastDigits && text.IndexOf(card) is >= 0 and var at)
        {
            into.Write(text[..at]);
            into.Write(token);
            text = text[(at + card.Length)..];
        }

        into.Write(text);
    }
}
