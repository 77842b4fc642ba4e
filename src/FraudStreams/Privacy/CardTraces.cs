using System.Text;
using FraudStreams.Model.Json;
using FraudStreams.Topics;

namespace FraudStreams.Privacy;

/// <summary>Tells which records of topics are about a card. Ids of payments are looked for only where records are keyed by them, as another customer may be called like an id.</summary>
/// <param name="names">Under which the card is kept: its number, its tokens.</param>
/// <param name="ids">Of its payments.</param>
/// <param name="labels">What the topic of labels is called.</param>
sealed class CardTraces(IReadOnlyCollection<string> names, IEnumerable<string> ids, string labels = TopicNames.Labels)
{
    /// <summary>A shorter text would be found in others.</summary>
    public const int LeastText = 8;

    readonly HashSet<string> _names = names.ToHashSet(StringComparer.Ordinal), _ids = ids.ToHashSet(StringComparer.Ordinal);
    readonly byte[][] _texts = [.. names.Where(name => name.Length >= LeastText).Select(Encoding.UTF8.GetBytes)];

    public bool IsAbout(string topic, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (topic == TopicNames.Labels)
            return IsOneOf(key, _ids);
        if (topic != TopicNames.Rejected || RejectedRecord.Read(value.ToArray()) is not { } rejected)
            return IsOneOf(key, _names) || Holds(value);

        // Its bytes are base64 there.
        return IsOneOf(key, rejected.Topic == labels ? _ids : _names) || Holds(rejected.Original.Span) || Holds(value);
    }

    static bool IsOneOf(ReadOnlySpan<byte> key, HashSet<string> wanted) => !key.IsEmpty && wanted.Contains(Encoding.UTF8.GetString(key));

    /// <summary>Whether the card stands there by itself, and not in a longer number or word.</summary>
    bool Holds(ReadOnlySpan<byte> value)
    {
        foreach (var text in _texts)
        {
            for (var from = 0; value[from..].IndexOf(text) is >= 0 and var at; from += at + 1)
            {
                var (start, end) = (from + at, from + at + text.Length);
                if (!(start > 0 && IsOfWord(value[start - 1]) && !IsEscape(value[..start])) && !(end < value.Length && IsOfWord(value[end])))
                    return true;
            }
        }

        return false;
    }

    static bool IsOfWord(byte sign) => char.IsAsciiLetterOrDigit((char)sign);

    /// <summary>JSON writes a line break as \n, and other signs as \u000a.</summary>
    static bool IsEscape(ReadOnlySpan<byte> before) =>
        before is [.., (byte)'\\', (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r' or (byte)'t'] or [.., (byte)'\\', (byte)'u', _, _, _, _];
}
