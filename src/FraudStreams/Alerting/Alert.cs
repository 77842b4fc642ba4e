using System.Security.Cryptography;
using System.Text;
using FraudStreams.Model.Json;

namespace FraudStreams.Alerting;

/// <summary>One predicted fraud to report. Nothing in it but the key is secret, and every part but the body is one line.</summary>
/// <param name="TransactionId">As the payment's source wrote it: for topics, never for file names or headers.</param>
/// <param name="Name">The transaction where only plain names will do; the same id always has the same name.</param>
/// <param name="Line">Shown on the console and in digests.</param>
/// <param name="Score">0 to 1.</param>
/// <param name="Key">The prediction's key, which is the card: the key of topic records and of a card's alerts; never shown.</param>
public sealed record Alert(string TransactionId, string Name, string Subject, string Body, string Line, double Score, string Key)
{
    const int LongestName = 80;

    public static Alert Of(PredictionRows rows, int row, AlertTemplate template, ReadOnlySpan<byte> key)
    {
        var schema = rows.Transactions.Schema;
        var id = rows.Transactions.Id(row);
        var card = schema.CardField < 0 ? "" : $"  card {AlertText.Of(rows, row, schema.CardField)}";
        var merchant = schema.MerchantField < 0 ? "" : $"  at {AlertText.Of(rows, row, schema.MerchantField)}";
        return new Alert(
            Encoding.UTF8.GetString(id),
            NameOf(id),
            template.Subject(rows, row),
            template.Body(rows, row),
            $"{AlertText.Time(rows.Transactions.EventTime(row))}  {AlertText.Of(rows, row, schema.AmountField)}{card}{merchant}  " +
            $"score {rows.Score(row):0.000}  transaction {AlertText.Of(rows, row, schema.IdField)}",
            rows.Score(row),
            Convert.ToBase64String(key));
    }

    public override string ToString() => Line;

    /// <summary>
    /// The id itself where it is short and of lower-case letters, digits, "-" and "_" only, so that it is one name in every file system;
    /// else its SHA-256.
    /// </summary>
    static string NameOf(ReadOnlySpan<byte> id) => id.Length is > 0 and <= LongestName && !id.ContainsAnyExcept(Plain)
        ? Encoding.ASCII.GetString(id)
        : $"sha256-{Convert.ToHexStringLower(SHA256.HashData(id))}";

    static readonly System.Buffers.SearchValues<byte> Plain = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_"u8);
}
