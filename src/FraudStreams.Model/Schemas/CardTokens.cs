using System.Buffers;
using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

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
/// digits behind it, such as `tok_a1_Jx0…_7771`. A card has one token, so that windows, partitions and searches work as with the number.
/// A rotation hashes tokens once more: with two keys a card's token is the HMAC under the newer one of its token under the older one. So who has the keys, and no
/// number, can tell which token under the newer key is that of one under the older, and records and windows from before the rotation go on as the same card. Other
/// tokens stay as they are. Several threads may use it at once.
/// </summary>
/// <param name="keys">The key in force first, then those before it, the latest first. Without an older one other tokens are made.</param>
public sealed class CardTokens(TransactionSchema schema, ImmutableArray<CardTokenKey> keys)
{
    /// <summary>Begins every token.</summary>
    public const string Begin = "tok_";

    const int TokenBytes = 16;

    /// <summary>Of the hash, in base64 without padding.</summary>
    const int HashCharacters = 22;

    /// <summary>Behind the hash of a card that is no number: two of its characters, which a rotation leaves as they are.</summary>
    const int PlaceCharacters = 2;

    const int ShownDigits = 4;

    /// <summary>A shorter number is more its last four digits than a card.</summary>
    const int LeastDigits = 11;

    const int DeepestNesting = 40;

    const int LongestGrouped = 64;

    static readonly SearchValues<byte> s_ofToken = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"u8);
    /// <summary>No text has them; nearly all that is no text does.</summary>
    static readonly SearchValues<byte> s_ofNoText = SearchValues.Create([.. Enumerable.Range(0, ' ').Select(sign => (byte)sign).Except("\t\r\n"u8.ToArray())]);

    static readonly SearchValues<byte> s_grouped = SearchValues.Create("0123456789 -"u8), s_groupSigns = SearchValues.Create(" -"u8);

    /// <summary>The digits of a token behind its last mark, by which people recognise a card; none where it is no token.</summary>
    public static ReadOnlySpan<byte> LastDigitsOf(ReadOnlySpan<byte> token) =>
        IsToken(token) && token.Length > ShownDigits + 1 && token[^(ShownDigits + 1)] == '_' && !token[^ShownDigits..].ContainsAnyExceptInRange((byte)'0', (byte)'9') ? token[^ShownDigits..] : [];

    /// <summary>Whether a card field holds a token.</summary>
    public static bool IsToken(ReadOnlySpan<byte> card) => card.StartsWith("tok_"u8);

    /// <summary>
    /// What places a key in a partition: of a token what stands behind its hash, which is the same under every key of tokens, so that a card stays in its partition; any
    /// other key is its own.
    /// </summary>
    public static ReadOnlySpan<byte> PlaceOf(ReadOnlySpan<byte> key) => TryRead(key, out _, out var place) && !place.IsEmpty ? place : key;

    /// <summary>The tokens of a card, that of the key in force first; of a token, that one last and those that rotations made of it before it.</summary>
    public ImmutableArray<string> Of(string card)
    {
        var utf8 = Encoding.UTF8.GetBytes(card);
        var tokens = new List<byte[]> { IsToken(utf8) ? utf8 : First(utf8) };
        for (var next = KeyAfter(tokens[0]); next >= 0; next--)
            tokens.Insert(0, Next(tokens[0], keys[next]));
        return [.. tokens.Select(token => Encoding.UTF8.GetString(token))];
    }

    /// <summary>The name of the oldest key, where a card is a token under a later one, which does not tell the tokens before it; null for any other card.</summary>
    public string? OldestKeyBefore(string card)
    {
        if (!TryRead(Encoding.UTF8.GetBytes(card), out var read, out _))
            return null;
        var name = Encoding.ASCII.GetString(read);
        return keys.SkipLast(1).Any(key => key.Name == name) ? keys[^1].Name : null;
    }

    /// <summary>A card's digits without the blanks and hyphens between them; anything else as it is.</summary>
    public static string CanonicalOf(string card) => Encoding.UTF8.GetString(Canonical(Encoding.UTF8.GetBytes(card)));

    /// <summary>A key of a topic, where it is a card: its token under the key in force, also of a token under one before it.</summary>
    public byte[] Key(ReadOnlySpan<byte> card)
    {
        if (card.IsEmpty)
            return [];
        var token = IsToken(card) ? card.ToArray() : First(card);
        for (var next = KeyAfter(token); next >= 0; next--)
            token = Next(token, keys[next]);
        return token;
    }

    /// <summary>
    /// The record with its card replaced, also where another field repeats it, and other card numbers in its texts masked; its id stays. Where the record is no
    /// JSON object with a card, it is <see cref="Masked"/> instead: it goes to `rejected` with its bytes. Takes any bytes.
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
        return Masked(record);
    }

    /// <summary>
    /// A record that is no payment, with every card number in it masked but for its last four digits. Where it is no text, such as Avro, numbers cannot be found: it
    /// is left out, and its length is said instead.
    /// </summary>
    /// <param name="isText">False where the record is known to be none, whatever it looks like.</param>
    public static byte[] Masked(ReadOnlySpan<byte> record, bool isText = true)
    {
        if (!isText || !Utf8.IsValid(record) || record.ContainsAny(s_ofNoText))
            return Encoding.UTF8.GetBytes($"{record.Length} bytes that are no text are left out: card numbers cannot be found in them");
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

            // What stays the token that it is, is written as it is: it may be anything behind its beginning.
            if (start == cardStart && token.AsSpan().SequenceEqual(card))
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

    /// <summary>Under the oldest key.</summary>
    byte[] First(ReadOnlySpan<byte> card)
    {
        var canonical = Canonical(card);
        var hash = Hash(keys[^1], canonical);
        var isNumber = canonical.Length >= LeastDigits && !canonical.ContainsAnyExceptInRange((byte)'0', (byte)'9');
        return Token(keys[^1], hash, isNumber ? Encoding.ASCII.GetString(canonical[^ShownDigits..]) : hash[..PlaceCharacters]);
    }

    /// <summary>What a rotation makes of a token.</summary>
    static byte[] Next(ReadOnlySpan<byte> token, CardTokenKey key)
    {
        TryRead(token, out _, out var place);
        return Token(key, Hash(key, token), Encoding.ASCII.GetString(place));
    }

    static string Hash(CardTokenKey key, ReadOnlySpan<byte> of) => Base64Url.EncodeToString(HMACSHA256.HashData(key.Secret.AsSpan(), of).AsSpan(0, TokenBytes));

    static byte[] Token(CardTokenKey key, string hash, string place) => Encoding.UTF8.GetBytes($"{Begin}{key.Name}_{hash}{(place.Length > 0 ? "_" : "")}{place}");

    /// <summary>The index of the key that makes the next token of this one; -1 where it is under the key in force, or none of these keys.</summary>
    int KeyAfter(ReadOnlySpan<byte> token)
    {
        if (keys.Length == 1 || !TryRead(token, out var name, out _))
            return -1;
        for (var index = 1; index < keys.Length; index++)
        {
            if (Encoding.UTF8.GetBytes(keys[index].Name).AsSpan().SequenceEqual(name))
                return index - 1;
        }

        return -1;
    }

    /// <summary>The parts of a token that is written as this makes them.</summary>
    static bool TryRead(ReadOnlySpan<byte> token, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> place)
    {
        name = place = default;
        if (!IsToken(token) || token.ContainsAnyExcept(s_ofToken))
            return false;
        var rest = token[Begin.Length..];
        var end = rest.IndexOf((byte)'_');
        if (end < 1 || rest.Length < end + 1 + HashCharacters)
            return false;
        name = rest[..end];
        rest = rest[(end + 1 + HashCharacters)..];
        if (rest.IsEmpty)
            return true;
        place = rest[1..];
        return rest[0] == '_' && !place.IsEmpty;
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
