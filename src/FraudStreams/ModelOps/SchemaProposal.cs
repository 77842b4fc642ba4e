using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Schemas;

namespace FraudStreams.ModelOps;

/// <summary>A first draft of a schema file for a CSV whose columns no schema has: roles guessed by the names, types by the first row.</summary>
static partial class SchemaProposal
{
    const int MaxColumns = 60;
    const string Unknown = "???";

    /// <summary>HOCON text; null where the first line does not look like names, so that no value is shown.</summary>
    public static string? For(CsvHeader header)
    {
        var names = header.Names.Where(name => name.Length > 0).ToList();
        if (names.Count < 2 || names.Any(name => LooksLikeAValue().IsMatch(name)))
            return null;
        var (time, label) = (Find(Time()), Find(Label()));
        var amount = Find(Amount(), time, label);
        var card = Find(Card(), time, label, amount);

        // What names a payment is told from what names other things only where it says so: a wrong id loses payments.
        var id = Find(TransactionId(), time, label, amount, card) ?? Find(PlainId(), time, label, amount, card);
        var text = new StringBuilder("name = payments\n");
        if (header.Names[0].Length == 0)
            text.Append("csv { index-column = drop }\n");
        text.Append(CultureInfo.InvariantCulture, $"roles {{ id = {Quoted(id)}, time = {Quoted(time)}, amount = {Quoted(amount)}");
        if (card is not null)
            text.Append(CultureInfo.InvariantCulture, $", card = {Quoted(card)}");
        if (label is not null)
            text.Append(CultureInfo.InvariantCulture, $", label = {Quoted(label)}");
        text.Append(" }\nfields = [\n");
        foreach (var name in names.Take(MaxColumns))
            text.Append(CultureInfo.InvariantCulture, $"  {{ name = {Quoted(name)}, {TypeOf(name)} }}{(TypeOf(name).Contains(Unknown) ? $"   # {TimeFormat.Choices}" : "")}\n");
        if (names.Count > MaxColumns)
            text.Append(CultureInfo.InvariantCulture, $"  # and {names.Count - MaxColumns} more\n");
        return text.Append(CultureInfo.InvariantCulture, $"]\nfeatures = [ {{ name = amount, number = {Quoted(amount)} }} ]").ToString();

        string? Find(Regex words, params string?[] taken) => names.Find(name => words.IsMatch(name) && !taken.Contains(name));

        string TypeOf(string name)
        {
            var at = header.Names.IndexOf(name);
            var value = at < header.FirstRow.Length ? header.FirstRow[at] : "";
            return name == time ? $"type = time, format = {FormatOf(value)}"
                : name == label ? "type = integer, optional = on"
                : name == card ? "type = text, secret = on"
                : Personal().IsMatch(name) && name != id && name != amount ? "type = text, secret = on"
                : name == id ? "type = text"
                : name == amount || (value.Length < 12 && double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _)) ? "type = number"
                : "type = text";
        }
    }

    static string FormatOf(string value) => value switch
    {
        { Length: 10 } when value[4] == '-' => "yyyy-MM-dd",
        { Length: 19 } when value[10] == ' ' => "\"yyyy-MM-dd HH:mm:ss\"",
        { Length: > 19 } when value[10] == 'T' => "iso-8601",
        { Length: 13 } when long.TryParse(value, out _) => "unix-milliseconds",
        { Length: 9 or 10 } when long.TryParse(value, out _) => "unix-seconds",
        _ => $"\"{Unknown}\"",
    };

    static string Quoted(string? name) => name is null ? Unknown : PlainName().IsMatch(name) ? name : $"\"{name.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"";

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex PlainName();

    /// <summary>A number, a day, or so many digits that it may be a card.</summary>
    [GeneratedRegex(@"^[-+.,\d]+$|\d{6}|^\d+[-./]\d+[-./]\d+")]
    private static partial Regex LooksLikeAValue();

    [GeneratedRegex("time|date|when|datum|zeit|heure|moment|timestamp", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Time();

    [GeneratedRegex("fraud|betrug|fraude|label|class|target", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Label();

    [GeneratedRegex("amount|amt|betrag|montant|value|price|sum|how_much", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Amount();

    [GeneratedRegex("(trans|payment|zahlung|paiement|tx|buchung).*(id|num|number|nr|no|ref)|(id|num|number|nr|no|ref).*(trans|payment|zahlung|paiement|tx)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex TransactionId();

    [GeneratedRegex("^id$|^uuid$|^guid$", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex PlainId();

    /// <summary>What mails and logs must not show.</summary>
    [GeneratedRegex("^(first|last|name|vorname|nachname|nom|prenom|street|strasse|address|adresse|rue|zip|plz|dob|birth.*|geburt.*|phone|telefon|e?mail|iban|ssn)$|first_?name|last_?name|street|birth", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Personal();

    [GeneratedRegex("card|customer|account|karte|konto|carte|client|cc_", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Card();
}
