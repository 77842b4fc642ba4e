using System.Text.RegularExpressions;

namespace FraudStreams.ModelOps.Guessing;

/// <summary>What the name of a column says that it holds, in English, German and French.</summary>
static partial class ColumnNames
{
    const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture;

    [GeneratedRegex("time|date|when|datum|zeit|heure|moment|_at$|dt$|^step$", Options)]
    public static partial Regex Time();

    [GeneratedRegex("hour|step|stunde|heure", Options)]
    public static partial Regex Hours();

    [GeneratedRegex("fraud|betrug|fraude|label|class|target|chargeback", Options)]
    public static partial Regex Label();

    /// <summary>The label itself, and not what else a file says of frauds.</summary>
    [GeneratedRegex("^(is|tx|ist)?[_ ]?(fraud|betrug|fraude|label|class|target)$", Options)]
    public static partial Regex LabelItself();

    [GeneratedRegex("amount|amt|betrag|summe|umsatz|montant|value|price|preis|sum|how_much|total", Options)]
    public static partial Regex Amount();

    [GeneratedRegex("(trans|payment|zahlung|paiement|tx|buchung|order|bestell|beleg|commande).*(id|num|number|nr|no|ref|key)$|(id|num|number|nr|no|ref).*(trans|payment|zahlung|paiement|tx)", Options)]
    public static partial Regex TransactionId();

    [GeneratedRegex("^id$|^uuid$|^guid$|^reference$|^ref$", Options)]
    public static partial Regex PlainId();

    [GeneratedRegex("card|cc_|karte|carte|pan$|iban|customer|account|konto|client|kunde|payer|sender|orig$|member|user|holder", Options)]
    public static partial Regex Card();

    /// <summary>Names a card itself, before whoever has it.</summary>
    [GeneratedRegex("card|cc_num|karte|carte|pan$", Options)]
    public static partial Regex CardItself();

    [GeneratedRegex("merchant|terminal|shop|store|haendler|händler|filiale|dest$|payee|receiver|seller|vendor|marchand|laden", Options)]
    public static partial Regex Merchant();

    /// <summary>What mails and logs must not show.</summary>
    [GeneratedRegex("^(first|last|name|vorname|nachname|nom|prenom|street|strasse|straße|address|adresse|rue|zip|plz|postcode|dob|birth.*|geb.*|phone|telefon|e?mail|iban|ssn|ip)$|first_?name|last_?name|street|stra(ss|ß)e|birth|geburt|phone|telefon|e.?mail.?addr|ip.?addr|zip_?code|^lat$|^lon(g)?$|latitude$|longitude$|(customer|client|card|holder|account|user|full|family|kunden|inhaber|sender|payer)[_ .-]?(name|holder)|holder([_ .-]?name)?$|surname|(^|[_ .-])iban([_ .-]|$)|passport|national_?id|tax_?id|(home|billing|shipping|street)[_ .-]?addr", Options)]
    public static partial Regex Personal();

    [GeneratedRegex("birth|dob|geb", Options)]
    public static partial Regex Birth();

    /// <summary>Digits that name something: a number would lose their leading zeros, and has no meaning.</summary>
    [GeneratedRegex("(^|[_ .-])id([_ .-]|$)|(customer|merchant|terminal|user|account|device|order|kunden|client|trans|transaction)id$|zip|plz|post_?code|code$|phone|telefon|account|konto|iban|nummer|number|nr$|mcc", Options)]
    public static partial Regex Names();

    [GeneratedRegex("lat(itude)?$", Options)]
    public static partial Regex Latitude();

    [GeneratedRegex("lon(g|gitude)?$|lng$", Options)]
    public static partial Regex Longitude();

    /// <summary>Money that a payment can be a share of.</summary>
    [GeneratedRegex("balance|limit|saldo|guthaben|solde|plafond|income", Options)]
    public static partial Regex Balance();

    /// <summary>What is known only once a payment is done.</summary>
    [GeneratedRegex("^new|after|nach_|storno|refund|dispute|settle|erstatt|chargeback", Options)]
    public static partial Regex Afterwards();

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    public static partial Regex Plain();

    /// <summary>A number, a day, or so many digits that it may be a card: no name of a column.</summary>
    [GeneratedRegex(@"^[-+.,\d]+$|\d{6}|^\d+[-./]\d+[-./]\d+")]
    public static partial Regex LooksLikeAValue();
}
