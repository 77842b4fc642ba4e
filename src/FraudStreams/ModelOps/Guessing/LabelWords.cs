namespace FraudStreams.ModelOps.Guessing;

/// <summary>Which of a label's two values is fraud.</summary>
static class LabelWords
{
    static readonly HashSet<string> s_yes = new(
        ["1", "1.0", "true", "t", "wahr", "vrai", "yes", "y", "ja", "j", "oui", "o", "si", "fraud", "fraudulent", "betrug", "fraude", "chargeback", "bad", "confirmed", "x"], StringComparer.OrdinalIgnoreCase);

    static readonly HashSet<string> s_no = new(
        ["0", "0.0", "false", "f", "falsch", "faux", "no", "n", "nein", "non", "legit", "legitimate", "genuine", "ok", "good", "echt", "normal", "none"], StringComparer.OrdinalIgnoreCase);

    static readonly HashSet<string> s_readAsTheyAre = new(["1", "1.0", "0", "0.0", "true", "t", "wahr", "vrai", "false", "f", "falsch", "faux"], StringComparer.OrdinalIgnoreCase);

    /// <summary>The values that stand for fraud and for none; null where it cannot be told.</summary>
    /// <param name="words">The column's values, the most frequent first.</param>
    public static (string Fraud, string? Legitimate)? Of(List<string> words) => words switch
    {
        [var one, var other] when s_yes.Contains(one) && s_no.Contains(other) => (one, other),
        [var one, var other] when s_no.Contains(one) && s_yes.Contains(other) => (other, one),

        // Of two words that are not known the rarer one is the fraud.
        [var one, var other] when !s_yes.Contains(one) && !s_no.Contains(other) => (other, one),
        [var one] when s_no.Contains(one) => ("", one),
        _ => null,
    };

    /// <summary>Whether the reader knows the word without being told.</summary>
    public static bool IsReadAsItIs(string word) => word.Length == 0 || s_readAsTheyAre.Contains(word);
}
