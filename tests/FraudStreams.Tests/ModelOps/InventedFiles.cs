using System.Globalization;
using System.Text;

namespace FraudStreams.Tests.ModelOps;

/// <summary>
/// Files of invented shops, each written as its country and its tools write: the same kind of life in all. Customers buy in a few shops at their own price; a card
/// that is stolen buys electronics three times within the hour at a multiple of that price.
/// </summary>
static class InventedFiles
{
    const int Customers = 250;
    const double StolenShare = 0.008;

    static readonly CultureInfo s_invariant = CultureInfo.InvariantCulture;
    static readonly NumberFormatInfo s_german = new() { NumberDecimalSeparator = ",", NumberGroupSeparator = "." };
    static readonly string[] s_kinds = ["Bücher", "Kleidung", "Möbel", "Elektronik", "Lebensmittel", "Spiele"];

    public static readonly (string File, string Schema, string Roles)[] All =
    [
        ("bestellungen.csv", German, "Bestellnr Bestelldatum Kundennr Summe Betrug Filiale"),
        ("orders.tsv", American, "order_id created_at customer_email total fraud_status -"),
        ("paiements.txt", French, "reference_paiement horodatage numero_carte montant fraude marchand"),
        ("ieee-cis-like.csv", IeeeCis, "TransactionID TransactionDT card1 TransactionAmt isFraud -"),
    ];

    const string German = """
        name = german
        csv { encoding = latin-1, decimal = ",", thousands = ".", times = ["dd.MM.yyyy HH:mm", "dd.MM.yyyy"], missing = "k. A.", labels { fraud = ja, legitimate = nein } }
        roles { id = Bestellnr, time = Bestelldatum, card = Kundennr, amount = Summe, label = Betrug, merchant = Filiale }
        fields = [
          { name = Bestellnr, type = text }, { name = Bestelldatum, type = time, format = "yyyy-MM-dd HH:mm:ss" }, { name = Kundennr, type = text, secret = on }
          { name = Geburtsdatum, type = time, format = "yyyy-MM-dd", secret = on }, { name = Warengruppe, type = text }, { name = Filiale, type = text }
          { name = Summe, type = number }, { name = Artikel, type = number }, { name = Rabatt, type = number, optional = on }, { name = Betrug, type = integer, optional = on }
        ]
        features = [
          { name = amount, number = Summe }, { name = kind, category = Warengruppe }, { name = items, number = Artikel }
          { name = count_1d, window = count, by = Kundennr, over = 1d }, { name = sum_1d, window = sum, of = Summe, by = Kundennr, over = 1d }
          { name = mean_30d, window = mean, of = Summe, by = Kundennr, over = 30d }, { name = share_of_mean, ratio = [Summe, mean_30d] }
        ]
        """;

    const string American = """
        name = american
        csv { thousands = ",", times = "MM/dd/yyyy hh:mm:ss tt", labels { fraud = chargeback, legitimate = ok } }
        roles { id = order_id, time = created_at, card = customer_email, amount = total, label = fraud_status }
        fields = [
          { name = order_id, type = text }, { name = created_at, type = time, format = "yyyy-MM-dd HH:mm:ss" }, { name = customer_email, type = text, secret = on }
          { name = category, type = text }, { name = total, type = number }, { name = zip_code, type = text, secret = on }, { name = chargeback_fee, type = number }
          { name = fraud_status, type = integer, optional = on }
        ]
        features = [
          { name = amount, number = total }, { name = kind, category = category }
          { name = count_1d, window = count, by = customer_email, over = 1d }, { name = sum_1d, window = sum, of = total, by = customer_email, over = 1d }
          { name = mean_30d, window = mean, of = total, by = customer_email, over = 30d }, { name = share_of_mean, ratio = [total, mean_30d] }
        ]
        """;

    const string French = """
        name = french
        csv { decimal = ",", thousands = space, times = "yyyy-MM-dd'T'HH:mm:ss.fff", labels { fraud = oui, legitimate = non } }
        roles { id = reference_paiement, time = horodatage, card = numero_carte, amount = montant, label = fraude, merchant = marchand }
        fields = [
          { name = reference_paiement, type = text }, { name = horodatage, type = time, format = iso-8601 }, { name = numero_carte, type = text, secret = on }
          { name = marchand, type = text }, { name = rayon, type = text }, { name = montant, type = number }, { name = fraude, type = integer, optional = on }
        ]
        features = [
          { name = amount, number = montant }, { name = kind, category = rayon }
          { name = count_1d, window = count, by = numero_carte, over = 1d }, { name = sum_1d, window = sum, of = montant, by = numero_carte, over = 1d }
          { name = mean_30d, window = mean, of = montant, by = numero_carte, over = 30d }, { name = share_of_mean, ratio = [montant, mean_30d] }
        ]
        """;

    const string IeeeCis = """
        name = ieee
        roles { id = TransactionID, time = TransactionDT, card = card1, amount = TransactionAmt, label = isFraud }
        fields = [
          { name = TransactionID, type = text }, { name = isFraud, type = integer, optional = on }, { name = TransactionDT, type = time, format = "seconds-from 2017-12-01" }
          { name = TransactionAmt, type = number }, { name = ProductCD, type = text }, { name = card1, type = text, secret = on }, { name = card4, type = text, optional = on }
          { name = P_emaildomain, type = text, optional = on }, { name = dist1, type = number, optional = on }, { name = C1, type = number }, { name = D1, type = number, optional = on }
        ]
        features = [
          { name = amount, number = TransactionAmt }, { name = product, category = ProductCD }, { name = c1, number = C1 }, { name = d1, number = D1 }
          { name = count_1d, window = count, by = card1, over = 1d }, { name = sum_1d, window = sum, of = TransactionAmt, by = card1, over = 1d }
          { name = mean_30d, window = mean, of = TransactionAmt, by = card1, over = 30d }, { name = share_of_mean, ratio = [TransactionAmt, mean_30d] }
        ]
        """;

    public static string Write(string folder, string file, int payments)
    {
        var path = Path.Combine(folder, file);
        var bought = Life(payments);
        var random = new Random(5);
        var (text, encoding) = file switch
        {
            "bestellungen.csv" => (Lines("Bestellnr;Bestelldatum;Kundennr;Geburtsdatum;Warengruppe;Filiale;Summe;Artikel;Rabatt;Betrug", bought, p => string.Create(s_invariant,
                $"B{p.Number:D7};{p.At:dd.MM.yyyy HH:mm};{100_000 + p.Customer};{Born(p.Customer):dd.MM.yyyy};{p.Kind};Straße {p.Shop};{p.Amount.ToString("N2", s_german)};{p.Items};{(p.Number % 9 == 0 ? "k. A." : $"{p.Number % 5}")};{(p.Fraud ? "ja" : "nein")}")), Encoding.Latin1),
            "orders.tsv" => (Lines("order_id\tcreated_at\tcustomer_email\tcategory\ttotal\tzip_code\tchargeback_fee\tfraud_status", bought, p => string.Create(s_invariant,
                $"{new Guid(p.Number, 1, 2, new byte[8])}\t{p.At:MM/dd/yyyy hh:mm:ss tt}\tc{p.Customer}@example.com\t{p.Kind}\t{p.Amount:N2}\t{p.Customer:D5}\t{(p.Fraud ? 15 : 0)}\t{(p.Fraud ? "chargeback" : "ok")}")), new UTF8Encoding(true)),
            "paiements.txt" => (Lines("reference_paiement|horodatage|numero_carte|marchand|rayon|montant|fraude", bought, p => string.Create(s_invariant,
                $"P-{p.Number:D8}|{p.At:yyyy-MM-dd'T'HH:mm:ss.fff}|{CardOf(p.Customer)}|Café {p.Shop}|{p.Kind}|{p.Amount.ToString("#,##0.00", s_invariant).Replace(',', ' ').Replace('.', ',')}|{(p.Fraud ? "oui" : "non")}")), Encoding.Unicode),
            _ => (Lines($"TransactionID,isFraud,TransactionDT,TransactionAmt,ProductCD,{Numbered("card", 6)},addr1,addr2,dist1,dist2,P_emaildomain,R_emaildomain,{Numbered("C", 4)},{Numbered("D", 4)},{Numbered("M", 6)},{Numbered("V", 20)}", bought, p => string.Create(s_invariant,
                $"{2_987_000 + p.Number},{(p.Fraud ? 1 : 0)},{86_400 + (long)(p.At - Start).TotalSeconds},{p.Amount},{"WHCSRX"[Array.IndexOf(s_kinds, p.Kind)]},{1_000 + (p.Customer * 7)},{100 + (p.Customer % 90)}.0,150.0,{(p.Customer % 3 == 0 ? "visa" : "mastercard")},{100 + (p.Customer % 7)}.0,{(p.Customer % 5 == 0 ? "credit" : "debit")},{200 + (p.Customer % 40)}.0,87.0,{(p.Number % 3 == 0 ? $"{p.Shop}.0" : "")},{(p.Number % 50 == 0 ? $"{p.Shop * 2}.0" : "")},{(p.Number % 4 == 0 ? "" : "gmail.com")},{(p.Number % 6 == 0 ? "outlook.com" : "")},{p.Items}.0,{p.Items + 1}.0,0.0,{p.Items % 2}.0,{(p.Number % 5 == 0 ? "" : $"{p.Customer % 30}.0")},{(p.Number % 2 == 0 ? "" : $"{p.Number % 90}.0")},,{(p.Number % 3 == 0 ? $"{p.Customer % 300}.0" : "")},{(p.Number % 2 == 0 ? "T" : "")},{(p.Number % 3 == 0 ? "T" : p.Number % 3 == 1 ? "F" : "")},{(p.Number % 4 == 0 ? "F" : "T")},{(p.Number % 4 == 0 ? "" : $"M{p.Number % 3}")},{(p.Number % 5 == 0 ? "T" : "")},{(p.Number % 2 == 0 ? "F" : "T")},{string.Join(',', Enumerable.Range(1, 20).Select(v => random.Next(3) == 0 ? "" : $"{random.Next(5)}.0"))}")), new UTF8Encoding(false)),
        };
        File.WriteAllText(path, text, encoding);
        return path;
    }

    static string Numbered(string name, int count) => string.Join(',', Enumerable.Range(1, count).Select(number => $"{name}{number}"));

    static DateTime Start => new(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    static DateTime Born(int customer) => new DateTime(1950, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddDays(customer * 71);

    static string CardOf(int customer)
    {
        var digits = $"400000{customer:D9}";
        var sum = digits.Reverse().Select((digit, at) => digit - '0' is var value && at % 2 == 0 ? value * 2 > 9 ? (value * 2) - 9 : value * 2 : value).Sum();
        return $"{digits}{(10 - (sum % 10)) % 10}";
    }

    static string Lines(string header, List<Bought> payments, Func<Bought, string> line) => new StringBuilder(header).Append('\n').AppendJoin('\n', payments.Select(line)).Append('\n').ToString();

    static List<Bought> Life(int payments)
    {
        var random = new Random(9);
        var (bought, at) = (new List<Bought>(), Start);
        while (bought.Count < payments)
        {
            at = at.AddSeconds(random.Next(60, 900));
            var customer = random.Next(Customers);
            var usual = 15 + (customer % 60);
            var isStolen = random.NextDouble() < StolenShare;
            for (var time = 0; time < (isStolen ? 3 : 1); time++)
            {
                var kind = isStolen && random.Next(4) > 0 ? "Elektronik" : s_kinds[random.Next(s_kinds.Length)];
                var amount = Math.Round(usual * (isStolen ? 2 + (random.NextDouble() * 4) : 0.4 + (random.NextDouble() * (random.Next(20) == 0 ? 6 : 1.6))), 2) + (random.Next(150) == 0 ? 1_000 : 0);
                at = at.AddSeconds(isStolen ? random.Next(30, 600) : 0);
                bought.Add(new Bought(bought.Count, at, customer, kind, 1 + ((customer * 3) + random.Next(40)) % 70, amount, 1 + random.Next(4), isStolen));
            }
        }

        return bought;
    }

    sealed record Bought(int Number, DateTime At, int Customer, string Kind, int Shop, double Amount, int Items, bool Fraud);
}
